import type { BlockTemplate, SubmitBlockOutput } from '@stratumkit/roles';
import type { BlockEvent, SourceEvent } from './events.ts';

/** Where templates come from and blocks go to: the embedded chain or a node. */
export interface TemplateSource {
  /** Begins to deliver. Throws `ConfigError` for what only the operator can mend. */
  start(sink: SourceSink): Promise<void>;
  /** How many clients are connected now. */
  clientsChanged?(count: number): void;
  /** Mines the next block at once; absent where the chain is not ours. */
  findBlock?(): FoundBlock;
  submitBlock(block: SubmitBlockOutput): Promise<Pick<BlockEvent, 'outcome' | 'reason'>>;
  /** Each block of the active chain as hex, from height 1. */
  exportBlocks(): AsyncIterable<string>;
  close(): Promise<void>;
}

/** A block that was mined on the embedded chain at once. */
export interface FoundBlock {
  readonly height: number;
  /** As explorers show it. */
  readonly hash: string;
}

/** Who is told what a source has. */
export interface SourceSink {
  template(template: BlockTemplate): void;
  /** The source does not answer: what it gave may go stale unnoticed. */
  lost(): void;
  event(
    event: SourceEvent | { readonly type: 'storage-failed'; readonly path: string; readonly message: string },
  ): void;
}
