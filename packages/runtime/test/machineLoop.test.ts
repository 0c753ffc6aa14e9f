import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MachineLoop } from '../src/index.ts';

type Input = { readonly type: 'say'; readonly word: string } | { readonly type: 'tick' };

const clock = () => ({ monotonicMs: performance.now(), unixSeconds: 0 });
const say = (word: string): Input => ({ type: 'say', word });

/** Answers each word with two outputs. */
class Echo {
  deadline: number | undefined;
  readonly heard: string[] = [];

  handle(input: Input): readonly string[] {
    const word = input.type === 'tick' ? 'tick' : input.word;
    this.heard.push(word);
    if (input.type === 'tick') this.deadline = undefined;
    if (word === 'broken') throw new Error(word);
    return [`${word}.1`, `${word}.2`];
  }
}

describe('MachineLoop', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets what an output leads to wait until the outputs before it are done', () => {
    const applied: string[] = [];
    const loop = new MachineLoop<Input, string>(new Echo(), {
      clock,
      apply: (output) => {
        applied.push(output);
        if (output === 'a.1') loop.handle(say('b'));
      },
    });
    loop.handle(say('a'));
    expect(applied).toEqual(['a.1', 'a.2', 'b.1', 'b.2']);
  });

  it('goes on after an input that threw', () => {
    const machine = new Echo();
    const loop = new MachineLoop<Input, string>(machine, { clock, apply: () => undefined });
    expect(() => loop.handle(say('broken'))).toThrow('broken');
    loop.handle(say('a'));
    expect(machine.heard).toEqual(['broken', 'a']);
  });

  it('handles what follows of the outputs of each input', () => {
    const machine = new Echo();
    const following = ['c'];
    const followUps = () => following.splice(0).map(say);
    const loop = new MachineLoop<Input, string>(machine, { clock, apply: () => undefined, followUps });
    loop.handle(say('a'));
    expect(machine.heard).toEqual(['a', 'c']);
  });

  it('ticks at the deadline of the machine, and of its edge', () => {
    const machine = new Echo();
    let also: number | undefined;
    const loop = new MachineLoop<Input, string>(machine, { clock, apply: () => undefined, deadline: () => also });
    machine.deadline = performance.now() + 10;
    also = performance.now() + 5;
    loop.handle(say('a'));
    also = undefined;
    vi.advanceTimersByTime(4);
    expect(machine.heard).toEqual(['a']);
    machine.deadline = performance.now() + 6;
    vi.advanceTimersByTime(1);
    expect(machine.heard).toEqual(['a', 'tick']);
  });

  it('handles nothing once it is closed', () => {
    const machine = new Echo();
    const loop = new MachineLoop<Input, string>(machine, { clock, apply: () => undefined });
    machine.deadline = performance.now() + 10;
    loop.handle(say('a'));
    loop.close();
    loop.handle(say('b'));
    vi.advanceTimersByTime(20);
    expect(machine.heard).toEqual(['a']);
  });
});
