import { readConformanceTests, runSuite, type TestedRole } from '@stratumkit/message-generator';
import { describe, expect, it } from 'vitest';
import { SCENES, startScene } from './scenes.ts';

describe('the conformance suite', () => {
  it.each(Object.keys(SCENES) as TestedRole[])('finds nothing wrong with our %s, encrypted', async (role) => {
    const scene = await startScene(role, 'noise');
    try {
      const results = await runSuite({
        tests: readConformanceTests(role),
        jobs: 6,
        seed: 1,
        target: (test) => scene.target(test),
        ...(scene.newBlock === undefined ? {} : { newBlock: () => scene.newBlock?.() ?? Promise.resolve() }),
      });
      const wrong = results.filter(({ report }) => report.outcome !== 'passed');
      expect(wrong.map(({ test, report }) => [test.about.id, report.reason, report.failures])).toEqual([]);
      expect(results.length).toBeGreaterThan(0);
    } finally {
      await scene.close();
    }
  });
});
