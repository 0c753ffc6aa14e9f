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

const nonces = (solutions: KeptSolutions): number[] =>
  solutions.takeWaiting().map(({ message }) => message.headerNonce);

describe('KeptSolutions', () => {
  it('sends again what the provider did not prove to have read', () => {
    const solutions = new KeptSolutions(8);
    solutions.add(solution(1), 'sent');
    solutions.asked();
    solutions.add(solution(2), 'sent');
    solutions.answered();
    solutions.connectionLost();
    expect(nonces(solutions)).toEqual([2]);
  });

  it('trusts no answer that did not come', () => {
    const solutions = new KeptSolutions(8);
    solutions.add(solution(1), 'sent');
    solutions.asked();
    solutions.connectionLost();
    expect(nonces(solutions)).toEqual([1]);
    expect(solutions.wantProof).toBe(true);
  });

  it('keeps those that were never sent, and forgets the oldest when there are too many', () => {
    const solutions = new KeptSolutions(2);
    for (const id of [1, 2, 3]) solutions.add(solution(id), 'waiting');
    solutions.connectionLost();
    expect(solutions.waiting).toBe(2);
    expect(nonces(solutions)).toEqual([2, 3]);
  });

  it('forgets a block that became the tip', () => {
    const solutions = new KeptSolutions(8);
    solutions.add(solution(1), 'waiting');
    solutions.confirm(solution(1).hash);
    expect(solutions.waiting).toBe(0);
  });
});
