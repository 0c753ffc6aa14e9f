import { readFileSync } from 'node:fs';
import {
  type ConformanceTest,
  createInterceptor,
  type InterceptorOptions,
  parseScript,
  runSuite,
  type SuiteResult,
  type TestedRole,
} from '@stratumkit/message-generator';
import { randomBytes } from '@stratumkit/runtime';
import { type Address, type Scene, SECRET_KEY, type Tap } from './scenes.ts';

/** A role of ours with one deviation, which an interceptor in front of it makes. */
export interface BrokenPeer {
  readonly id: string;
  readonly does: string;
  /** Names of the tests that it fails: those of the sentence that it breaks. */
  readonly fails: readonly string[];
  /** Tests of other sentences that cannot pass then; it fails no others. */
  readonly also?: readonly string[];
  /** Rules of an interceptor. */
  readonly rules?: readonly unknown[];
  /** Which side of a proxy or translator they are for. */
  readonly side?: Side;
  readonly faults?: InterceptorOptions['faults'];
  /** Shows a certificate of another authority. */
  readonly otherAuthority?: boolean;
  /** Takes connections without encryption beside those with it. */
  readonly takesPlain?: boolean;
}

type Side = 'downstream' | 'upstream';

export function readBrokenPeers(role: TestedRole): readonly BrokenPeer[] {
  const path = new URL(`brokenPeers/${role}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as readonly BrokenPeer[];
}

const OTHER_KEY = new Uint8Array(32).fill(9);

/** Stands in front of a role and makes it a broken peer. */
export function tapOf(peer: BrokenPeer): Tap {
  return async ({ address, side, noise }) => {
    const mine = peer.side === undefined || peer.side === side;
    const interceptor = await createInterceptor({
      listen: { host: address.host, port: 0 },
      upstream: address,
      authoritySecretKey: mine && peer.otherAuthority === true ? OTHER_KEY : SECRET_KEY,
      rules: mine && peer.rules !== undefined ? parseScript(JSON.stringify({ rules: peer.rules }), peer.id) : [],
      faults: {
        ...(mine ? peer.faults : {}),
        plainUpstream: noise,
        isPlain: !noise,
        refusesPlain: noise && peer.takesPlain !== true,
      },
      random: randomBytes,
      unixSeconds: () => Math.floor(Date.now() / 1000),
    });
    return { address: interceptor.address as Address, close: () => interceptor.close() };
  };
}

/** What the tests find in a broken peer: the names of those that failed. */
export async function failuresOf(
  peer: BrokenPeer,
  tests: readonly ConformanceTest[],
  scene: Scene,
  jobs: number,
): Promise<readonly SuiteResult[]> {
  const tap = tapOf(peer);
  const { newBlock } = scene;
  return runSuite({
    tests,
    jobs,
    seed: 1,
    timeouts: { receiveMs: 1_500, watchMs: 700 },
    target: (test) => scene.target(test, tap),
    ...(newBlock === undefined ? {} : { newBlock }),
  });
}
