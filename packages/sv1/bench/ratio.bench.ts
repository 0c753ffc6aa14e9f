import { decodeLine, typedCall } from '@stratumkit/sv1';
import { interleave, ratioOf } from '../../accelerate/bench/interleave.ts';
import { samples } from './support.ts';

/** How many times longer a line takes than bare `JSON.parse` of its text, measured in turns. Wanted: 3 for `mining.submit`. */
export async function run({ timeMs }: { readonly timeMs: number }) {
  return ['mining.submit', 'mining.notify'].flatMap((name) => {
    const { line, text } = samples().find((sample) => sample.name === name)!;
    const results = interleave(
      {
        json: () => void JSON.parse(text),
        checked: () => void decodeLine(line),
        typed: () => {
          const message = decodeLine(line);
          if (message.type === 'call') typedCall(message);
        },
      },
      timeMs * 4,
    );
    const json = results.get('json')!;
    return (['checked', 'typed'] as const).map((key) => ({
      name: `${name}, ${key}, over JSON.parse of its text`,
      unit: 'times',
      ...ratioOf(results.get(key)!, json),
    }));
  });
}
