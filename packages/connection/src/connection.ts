import { type Now, UsageError } from '@stratumkit/codec';
import type { Protocol } from '@stratumkit/messages';
import type { CloseCause, CloseDetail } from './closeCause.ts';
import type { ConnectionCounters, ConnectionEvent, ConnectionState, SendOptions } from './events.ts';
import type { ConnectionOptions } from './options.ts';

/** One Stratum V2 connection, bytes in and bytes out. Placeholder body: the signatures are what counts. */
export class Connection<P extends Protocol = Protocol> {
  readonly protocol: P;

  constructor(options: ConnectionOptions<P>, _now: Now) {
    this.protocol = options.protocol;
  }

  get state(): ConnectionState {
    return 'closed';
  }

  /** Bytes from the peer. Never throws because of them. The chunk must not change afterwards. */
  push(_chunk: Uint8Array, _now: Now): void {}

  /** The peer will send no more: `fin` after an orderly end (what is buffered is still processed), `reset` after an error. */
  end(_how: 'fin' | 'reset', _now: Now): void {}

  /** Does at most one frame's work and reports it; undefined when there is nothing to do until the next input. */
  next(): ConnectionEvent<P> | undefined {
    return undefined;
  }

  /** True while no more bytes should be read from the peer: it is over its budget, or does not read what it is sent. */
  get paused(): boolean {
    return false;
  }

  /** Queues a plaintext frame, which is shared and never changed. Nothing happens on a closed connection. */
  send(_frame: Uint8Array, _options?: SendOptions): void {
    throw new UsageError('wrong-state', 'not there yet');
  }

  /** One buffer with the queued frames, sealed in order, at most about `limits.maxWriteBytes`; undefined if there is nothing. */
  takeBytes(): Uint8Array | undefined {
    return undefined;
  }

  /** Bytes queued and not yet taken, before sealing. */
  get queuedBytes(): number {
    return 0;
  }

  /** Tells whether the transport can take bytes; while it cannot, `takeBytes` gives none and the write deadline runs. */
  setWritable(_writable: boolean, _now: Now): void {}

  /** The role's count of open channels: governs the idle deadline and the message budget. */
  setOpenChannels(_count: number): void {}

  tick(_now: Now): void {}

  /** Time (monotonic ms) of the next `tick` that will do something. */
  get deadline(): number | undefined {
    return undefined;
  }

  /** Ends the connection from this side. What is queued goes out first if the cause allows it. */
  close(_cause: CloseCause, _now?: Now, _detail?: CloseDetail): void {}

  get counters(): Readonly<ConnectionCounters> {
    throw new UsageError('wrong-state', 'not there yet');
  }
}
