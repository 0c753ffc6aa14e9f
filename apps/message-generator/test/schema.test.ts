import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { createSchema, parseTestText, TestFileError } from '../src/index.ts';

const app = join(import.meta.dirname, '..');
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(createSchema());

/** What an editor would underline. */
function complaints(test: unknown): string {
  return validate(test)
    ? ''
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('\n');
}

const page = readFileSync(join(app, '../../docs/message-generator.md'), 'utf8');
const first = () =>
  JSON.parse(/`first\.json`:\n\n```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Record<string, unknown>;
const files = globSync(['test/standins/peers/*.json', 'conformance/**/*.json'], { cwd: app });

describe('the schema', () => {
  it('has no complaint about files that run', () => {
    expect(complaints(first())).toBe('');
    const tests = files
      .map((file) => ({ file, test: JSON.parse(readFileSync(join(app, file), 'utf8')) as object }))
      // Libraries are included by tests; they do not run.
      .filter(({ test }) => 'actions' in test && 'version' in test);
    expect(tests.length).toBeGreaterThan(400);
    for (const { file, test } of tests) expect(`${file}: ${complaints(test)}`).toBe(`${file}: `);
  });

  it.each<[string, (test: ReturnType<typeof first>) => void]>([
    ['a role that does not exist', (test) => Object.assign(test, { role: 'miner' })],
    ['a version as a number', (test) => Object.assign(test, { version: 2 })],
    ['a port out of range', (test) => Object.assign(test, { downstream: { ip: '127.0.0.1', port: 65_536 } })],
    ['no actions', (test) => Object.assign(test, { actions: undefined })],
    [
      'a message in the wrong section',
      (test) => Object.assign(test, { common_messages: [{ id: 'x', message: { type: 'SetTarget' } }] }),
    ],
    [
      'a field that is missing',
      (test) =>
        Object.assign(test, { mining_messages: [{ id: 'x', message: { type: 'CloseChannel', channel_id: 1 } }] }),
    ],
    [
      'a field out of range',
      (test) =>
        Object.assign(test, {
          mining_messages: [{ id: 'x', message: { type: 'CloseChannel', channel_id: -1, reason_code: '' } }],
        }),
    ],
    [
      'a result of no known type',
      (test) => Object.assign(test, { actions: [{ message_ids: [], results: [{ type: 'hope' }] }] }),
    ],
  ])('underlines what the parser refuses: %s', (_name, spoil) => {
    const test = first();
    spoil(test);
    expect(complaints(test)).not.toBe('');
    expect(() => parseTestText(JSON.stringify(test), 'x.json')).toThrow(TestFileError);
  });
});
