import { LineSplitter } from '@stratumkit/sv1';
import { arbitraryChunks, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { it } from 'vitest';

it('gives the same lines however the stream is cut', () => {
  const whole = fc
    .array(fc.tuple(fc.string({ maxLength: 40, unit: 'grapheme' }), fc.constantFrom('\n', '\r\n')), { maxLength: 8 })
    .map((lines) => lines.map(([line, end]) => line.replaceAll(/[\r\n]/g, '') + end).join(''));
  fc.assert(
    fc.property(
      whole.chain((text) => fc.tuple(fc.constant(text), arbitraryChunks(new TextEncoder().encode(text)))),
      ([text, chunks]) => {
        const splitter = new LineSplitter();
        const lines: string[] = [];
        for (const chunk of chunks) {
          splitter.push(chunk);
          for (let line = splitter.next(); line; line = splitter.next())
            lines.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(line));
        }
        const expected = text.split(/\r?\n/).filter((line) => line !== '');
        if (JSON.stringify(lines) !== JSON.stringify(expected)) throw new Error(`${lines} is not ${expected}`);
      },
    ),
    propertyOptions(),
  );
});
