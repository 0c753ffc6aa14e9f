import { describe, expect, it } from 'vitest';
import { type BlockSolution, KeptSolutions } from '../../src/templateClient/keptSolutions.ts';

const solution = (id: number): BlockSolution => ({
  hash: new Uint8Array(32).fill(id),
  message: {
    templateId: BigInt(id),
    version: 0,
    headerTimestamp: 0,
    headerNonce: id,
    coinbaseTx: new Uint8Array(0),
  },
});

describe('KeptSolutions', () => {
  it('sends again what the provider may not have got, however late the loss is noticed', () => {
    const solutions = new KeptSolutions(8, 30_000);
    solutions.add(solution(1), 10_000);
    solutions.add(solution(2), 50_000);
    // The line died without a word after 60 s; that is noticed a quarter of an hour later.
    solutions.connectionLost(60_000);
    expect(solutions.takeWaiting(900_000).map(({ message }) => message.headerNonce)).toEqual([2]);
  });

  it('takes a provider that was heard a while after the sending for one that has the solution', () => {
    const solutions = new KeptSolutions(8, 30_000);
    solutions.add(solution(1), 10_000);
    solutions.connectionLost(40_000);
    expect(solutions.takeWaiting(41_000)).toEqual([]);
  });

  it('keeps those that were never sent, and forgets the oldest when there are too many', () => {
    const solutions = new KeptSolutions(2, 30_000);
    for (const id of [1, 2, 3]) solutions.add(solution(id), undefined);
    solutions.connectionLost(0);
    expect(solutions.waiting).toBe(2);
    expect(solutions.takeWaiting(1).map(({ message }) => message.headerNonce)).toEqual([2, 3]);
  });

  it('forgets a block that became the tip', () => {
    const solutions = new KeptSolutions(8, 30_000);
    solutions.add(solution(1), undefined);
    solutions.confirm(solution(1).hash);
    expect(solutions.waiting).toBe(0);
  });
});
