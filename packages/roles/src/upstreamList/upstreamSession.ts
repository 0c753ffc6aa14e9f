import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClient } from '../miningClient/miningClient.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';

/** `ready`: set up, the trunk channel is asked for. `waiting`: it is open, without work. `draining`: replaced, for last answers. */
export type UpstreamStage = 'connecting' | 'ready' | 'waiting' | 'serving' | 'draining' | 'ended';

/** One connection to an upstream, from the first attempt to its end. */
export class UpstreamSession<Upstream extends Endpoint = Endpoint> {
  readonly connection: ConnectionId;
  /** With host and port of a redirection, where there was one. */
  readonly upstream: Upstream;
  /** Of the upstream in the list. */
  readonly index: number;
  stage: UpstreamStage = 'connecting';
  stageSinceMs: number;
  lastMessageMs: number;
  /** Flags of SetupConnection.Success. */
  flags = 0;
  extensions: ReadonlySet<number> = new Set();
  /** The channel that shows whether there is work; request id while it is being opened. */
  trunkRequestId: number | undefined;
  trunk: ClientChannel | undefined;
  /** How many of the wanted extranonce sizes were refused. */
  refusedSizes = 0;
  #client: MiningClient | undefined;

  constructor(connection: ConnectionId, upstream: Upstream, index: number, nowMs: number) {
    this.connection = connection;
    this.upstream = upstream;
    this.index = index;
    this.stageSinceMs = nowMs;
    this.lastMessageMs = nowMs;
  }

  /** There is one from `ready` on. */
  get client(): MiningClient {
    return this.#client!;
  }

  get isReady(): boolean {
    return this.#client !== undefined;
  }

  /** Whether the channel can still be sent to: neither the connection nor the channel was closed. */
  holds(channel: ClientChannel): boolean {
    return this.stage !== 'ended' && this.#client?.channels.get(channel.channelId) === channel;
  }

  ready(client: MiningClient, flags: number, extensions: ReadonlySet<number>): void {
    this.#client = client;
    this.flags = flags;
    this.extensions = extensions;
  }

  setExtensions(extensions: ReadonlySet<number>): void {
    this.extensions = extensions;
    this.#client?.setExtensions(extensions);
  }

  enter(stage: UpstreamStage, nowMs: number): void {
    this.stage = stage;
    this.stageSinceMs = nowMs;
  }

  /** Shares sent and not answered yet, on all channels. */
  get unanswered(): number {
    if (this.#client === undefined) return 0;
    let sum = 0;
    for (const channel of this.#client.channels.values()) sum += channel.pending.size;
    return sum;
  }
}
