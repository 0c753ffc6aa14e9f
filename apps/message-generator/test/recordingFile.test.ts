import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseTestText } from '../src/format/parseTest.ts';
import { Recording } from '../src/intercept/recording.ts';
import { RECORDING_INTERVAL_MS, type Recorder, RecordingFile } from '../src/intercept/recordingFile.ts';

const UPSTREAM = { host: '127.0.0.1', port: 3333 };
const line = (id: number) => {
  const json = { id, method: 'mining.ping', params: [] };
  return { text: JSON.stringify(json), json, error: undefined };
};

function recorderOf(recording: Recording): Recorder {
  return {
    recordedTest: () => recording.toTest(UPSTREAM),
    get recordedMessages() {
      return recording.size;
    },
    get isRecordingFull() {
      return recording.isFull;
    },
  };
}

describe('a recording', () => {
  it('ends where it is full, connections and messages together, and is a test up to there', () => {
    const recording = new Recording(5);
    const first = recording.connection('sv1', false);
    const second = recording.connection('sv1', false);
    for (let id = 0; id < 3; id++) first?.message(line(id), 'upstream');
    expect(recording.isFull).toBe(false);
    second?.message(line(3), 'upstream');
    first?.closed();
    expect(recording.connection('sv1', false)).toBeUndefined();
    expect(recording.isFull).toBe(true);
    expect(recording.size).toBe(3);
    const { connections, steps } = parseTestText(recording.toTest(UPSTREAM), 'recording.json');
    expect(connections).toHaveLength(2);
    // Two opened; the line of the first; what came after the end is in no step.
    expect(steps).toHaveLength(3);
  });
});

describe('the file of a recording', () => {
  let folder: string;
  let path: string;
  const troubles: string[] = [];

  beforeEach(() => {
    vi.useFakeTimers();
    folder = mkdtempSync(join(tmpdir(), 'recording-'));
    path = join(folder, 'deep', 'recording.json');
    troubles.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (recording: Recording) => {
    const file = new RecordingFile(path, (text) => troubles.push(text));
    file.follow(recorderOf(recording));
    return file;
  };
  const sent = () => readFileSync(path, 'utf8').split('mining.ping').length - 1;

  it('has what passed before anybody could end it in order', () => {
    const recording = new Recording();
    const file = open(recording);
    const connection = recording.connection('sv1', false);
    connection?.message(line(1), 'upstream');
    vi.advanceTimersByTime(RECORDING_INTERVAL_MS);
    expect(sent()).toBe(1);
    connection?.message(line(2), 'upstream');
    vi.advanceTimersByTime(RECORDING_INTERVAL_MS * 2);
    expect(sent()).toBe(2);
    connection?.message(line(3), 'upstream');
    file.close();
    expect(sent()).toBe(3);
    connection?.message(line(4), 'upstream');
    vi.advanceTimersByTime(RECORDING_INTERVAL_MS * 10);
    expect(sent()).toBe(3);
    expect(troubles).toEqual([]);
  });

  it('says once that it is full', () => {
    const recording = new Recording(3);
    open(recording);
    const connection = recording.connection('sv1', false);
    for (let id = 0; id < 10; id++) connection?.message(line(id), 'upstream');
    vi.advanceTimersByTime(RECORDING_INTERVAL_MS * 5);
    expect(troubles).toEqual([`${path} is full with 2 messages: what passes from here on is not recorded`]);
    expect(sent()).toBe(2);
  });

  it('cannot be where there is a directory of that name, and says so at once', () => {
    expect(() => new RecordingFile(folder, () => undefined)).toThrow(`cannot record to ${folder} (EISDIR)`);
  });

  it('goes on when the disk fails for a while', () => {
    const recording = new Recording();
    const file = open(recording);
    recording.connection('sv1', false)?.message(line(1), 'upstream');
    rmSync(join(folder, 'deep'), { recursive: true });
    vi.advanceTimersByTime(RECORDING_INTERVAL_MS);
    expect(troubles).toEqual([`cannot record to ${path} (ENOENT)`]);
    writeFileSync(join(folder, 'unrelated'), '');
    const again = open(recording);
    file.close();
    again.close();
    expect(sent()).toBe(1);
  });
});
