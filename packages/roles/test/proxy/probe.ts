import { encodeRawFrame, type Frame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import { type Client, decode, type Network } from './network.ts';

type ValueOf<Name extends MiningMessage['name']> = Extract<MiningMessage, { name: Name }>['value'];

/** A downstream that says what a test tells it to, and remembers what it hears. */
export class Probe {
  readonly messages: MiningMessage[] = [];
  readonly foreign: Frame[] = [];
  flags: number | undefined;
  closed: string | undefined;
  readonly #network: Network;
  readonly #side: Client = {
    connected: (_, flags) => {
      this.flags = flags;
    },
    receive: (_, bytes) => {
      const decoded = decode(bytes);
      if ('foreign' in decoded) this.foreign.push(decoded.foreign);
      else this.messages.push(decoded.message);
    },
    disconnected: (_, reason) => {
      this.closed = reason;
    },
  };

  constructor(network: Network, host: string, setupFlags = 0, extensions: readonly number[] = []) {
    this.#network = network;
    network.connect(host, this.#side, 1, setupFlags, extensions);
    network.pump();
  }

  /** Returns what this brought at once. */
  say(frame: Uint8Array): MiningMessage[] {
    const before = this.messages.length;
    this.#network.toServer(this.#side, 1, frame);
    this.#network.pump();
    return this.messages.slice(before);
  }

  sayForeign(frame: Frame): void {
    this.#network.toServer(this.#side, 1, encodeRawFrame(frame));
    this.#network.pump();
  }

  hangUp(): void {
    this.#network.closeByClient(this.#side, 1);
    this.#network.pump();
  }

  all<Name extends MiningMessage['name']>(name: Name): ValueOf<Name>[] {
    return this.messages.filter((message) => message.name === name).map(({ value }) => value as ValueOf<Name>);
  }

  last<Name extends MiningMessage['name']>(name: Name): ValueOf<Name> {
    const value = this.all(name).at(-1);
    if (value === undefined) throw new Error(`no ${name} came`);
    return value;
  }
}
