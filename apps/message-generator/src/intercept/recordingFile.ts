import { renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import { makeFolder } from '@stratumkit/runtime';
import type { Interceptor } from './createInterceptor.ts';

/** How often a recording that grows is written. */
export const RECORDING_INTERVAL_MS = 2_000;
/** Writing takes no more than this part of the time. */
const MAX_PART = 1 / 20;

export type Recorder = Pick<Interceptor, 'recordedTest' | 'recordedMessages' | 'isRecordingFull'>;

/** A recording on disk, written whole while it grows and at the end: whoever is killed loses the last seconds only. */
export class RecordingFile {
  readonly #path: string;
  readonly #onTrouble: (text: string) => void;
  #recorder: Recorder | undefined;
  #timer: NodeJS.Timeout | undefined;
  #written = 0;
  #toldFull = false;

  /**
   * @param onTrouble told when the recording could not be written, or is full; it goes on
   * @throws ConfigError `cannot-write`
   */
  constructor(path: string, onTrouble: (text: string) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    try {
      makeFolder(dirname(path));
      writeFileSync(path, '');
    } catch (error) {
      throw new ConfigError('cannot-write', `cannot record to ${path} (${describe(error)})`);
    }
  }

  /** Writes what this one records, from here on. */
  follow(recorder: Recorder): void {
    this.#recorder = recorder;
    this.#schedule(RECORDING_INTERVAL_MS);
  }

  /** Writes what is missing. */
  close(): void {
    clearTimeout(this.#timer);
    if (this.#recorder !== undefined) this.#write(this.#recorder);
  }

  #schedule(delayMs: number): void {
    this.#timer = setTimeout(() => {
      const start = performance.now();
      this.#step();
      this.#schedule(Math.max(RECORDING_INTERVAL_MS, (performance.now() - start) / MAX_PART));
    }, delayMs);
    this.#timer.unref();
  }

  #step(): void {
    const recorder = this.#recorder;
    if (recorder === undefined || recorder.recordedMessages === this.#written) return;
    this.#write(recorder);
    if (!recorder.isRecordingFull || this.#toldFull) return;
    this.#toldFull = true;
    this.#onTrouble(
      `${this.#path} is full with ${recorder.recordedMessages} messages: what passes from here on is not recorded`,
    );
  }

  #write(recorder: Recorder): void {
    const partial = `${this.#path}.partial`;
    const size = recorder.recordedMessages;
    try {
      writeFileSync(partial, recorder.recordedTest());
      renameSync(partial, this.#path);
      this.#written = size;
    } catch (error) {
      this.#onTrouble(`cannot record to ${this.#path} (${describe(error)})`);
    }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError) return error.message;
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
