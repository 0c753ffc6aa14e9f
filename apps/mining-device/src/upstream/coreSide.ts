import type { Now } from '@stratumkit/codec';
import type { SearchChunk } from '@stratumkit/roles';
import { MachineLoop } from '@stratumkit/runtime';
import { connectFailure } from '@stratumkit/transport';
import type { UpstreamSide } from './upstreamSide.ts';

/** What both protocols' device cores have in common. */
interface Core<Input, Output> {
  readonly deadline: number | undefined;
  take(device: number, count: number, now: Now): SearchChunk | undefined;
  handle(input: Input | CommonInput, now: Now): readonly Output[];
}

type CommonInput =
  | { readonly type: 'start' | 'tick' }
  | { readonly type: 'found'; readonly device: number; readonly chunk: SearchChunk; readonly nonce: number }
  | { readonly type: 'disconnected'; readonly connection: number; readonly reason: string };

interface ClosableLink {
  close(cause: 'shutdown'): void;
  readonly closed: Promise<unknown>;
}

/** Joins a device core, its sockets and its timer. */
export abstract class CoreSide<Input extends { readonly type: string }, Output, Link extends ClosableLink>
  implements UpstreamSide
{
  protected readonly links = new Map<number, Link>();
  readonly #core: Core<Input, Output>;
  readonly #loop: MachineLoop<Input | CommonInput, Output>;
  readonly #connecting = new AbortController();

  constructor(core: Core<Input, Output>, clock: () => Now) {
    this.#core = core;
    this.#loop = new MachineLoop(core, { clock, apply: (output: Output) => this.perform(output) });
  }

  abstract measured(device: number, hashesPerSecond: number): void;

  start(): void {
    this.handle({ type: 'start' });
  }

  take(device: number, count: number, now: Now): SearchChunk | undefined {
    return this.#core.take(device, count, now);
  }

  found(device: number, chunk: SearchChunk, nonce: number): void {
    this.handle({ type: 'found', device, chunk, nonce });
  }

  async close(): Promise<void> {
    this.#loop.close();
    const links = [...this.links.values()];
    this.links.clear();
    for (const link of links) link.close('shutdown');
    this.#connecting.abort();
    await Promise.all(links.map((link) => link.closed));
  }

  protected abstract perform(output: Output): void;

  protected handle(input: Input | CommonInput): void {
    this.#loop.handle(input);
  }

  /** Keeps the link that `open` gives; undefined, and the core is told, if there is none. */
  protected async connect(connection: number, open: (signal: AbortSignal) => Promise<Link>): Promise<Link | undefined> {
    try {
      const link = await open(this.#connecting.signal);
      this.links.set(connection, link);
      return link;
    } catch (error) {
      this.handle({ type: 'disconnected', connection, reason: connectFailure(error) });
      return undefined;
    }
  }

  /** Whether a link can be opened; it is closed at once. */
  protected async reaches(open: (signal: AbortSignal) => Promise<Link>): Promise<boolean> {
    try {
      const link = await open(this.#connecting.signal);
      link.close('shutdown');
      return true;
    } catch {
      return false;
    }
  }
}
