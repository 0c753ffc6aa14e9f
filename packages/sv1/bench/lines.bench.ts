import { decodeLine, encodeCall, encodeResponse, methodOf, rpcError, typedCall } from '@stratumkit/sv1';
import type { Bench } from 'tinybench';
import { samples } from './support.ts';

/** Every message read from its line to typed parameters, and written back. */
export function register(bench: Bench): void {
  for (const { name, line, params } of samples()) {
    const method = methodOf(name)!;
    bench.add(`parse ${name}`, () => {
      const message = decodeLine(line);
      if (message.type === 'call') typedCall(message);
    });
    bench.add(`serialise ${name}`, () => encodeCall({ id: '4', method: name, params: method.formatParams(params) }));
  }
  const error = rpcError('lowDifficulty');
  const answer = encodeResponse('4', { error }).subarray(0, -1);
  bench.add('parse an error', () => decodeLine(answer));
  bench.add('serialise true', () => encodeResponse('4', { result: true }));
  bench.add('serialise an error', () => encodeResponse('4', { error }));
}
