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
import { type Address, PUBLIC_KEY, type Scene, SECRET_KEY, type Tap } from './scenes.ts';

/** A role of ours with one deviation, which an interceptor in front of it makes. */
export interface BrokenPeer {
  readonly id: string;
  readonly does: string;
  /** Names of the tests that it fails: those of the sentence that it breaks. */
  readonly fails: readonly string[];
  /** Tests of other sentences that may not pass then, such as those that need a valid share; it fails no others. */
  readonly also?: readonly string[];
  /** Rules of an interceptor. */
  readonly rules?: readonly unknown[];
  /** Which side of a proxy or translator they are for. */
  readonly side?: Side;
  readonly faults?: InterceptorOptions['faults'];
  /** Shows a certificate of another authority. */
  readonly otherAuthority?: boolean;
  /** Takes the certificate of any authority. */
  readonly believesAny?: boolean;
  /** Takes connections without encryption beside those with it. */
  readonly takesPlain?: boolean;
}

/** `behind`: the downstream side where the test is the upstream, too. */
type Side = 'downstream' | 'upstream' | 'behind';

export function readBrokenPeers(role: TestedRole): readonly BrokenPeer[] {
  const path = new URL(`brokenPeers/${role}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as readonly BrokenPeer[];
}

const FAILING_MS = 5_000;
const PASSING_MS = 30_000;
const WATCH_MS = 700;

const OTHER_KEY = new Uint8Array(32).fill(9);

/** Stands in front of a role and makes it a broken peer. */
function tapOf(peer: BrokenPeer, role: TestedRole): Tap {
  return async ({ address, side, noise, onCrash }) => {
    const mine = peer.side === side || (peer.side === undefined && side !== 'behind');
    const interceptor = await createInterceptor({
      listen: { host: address.host, port: 0 },
      upstream: address,
      ...(mine && peer.believesAny === true ? {} : { upstreamKey: PUBLIC_KEY }),
      authoritySecretKey: mine && peer.otherAuthority === true ? OTHER_KEY : SECRET_KEY,
      rules: mine && peer.rules !== undefined ? parseScript(JSON.stringify({ rules: peer.rules }), peer.id) : [],
      faults: {
        ...(mine ? peer.faults : {}),
        // What listens behind a tap of ours speaks without encryption; a test that listens does as it says.
        plainUpstream: noise && side === 'downstream',
        speaks: role === 'translator' && side !== 'upstream' ? 'sv1' : noise ? undefined : 'plain',
        refusesPlain: noise && peer.takesPlain !== true,
      },
      ...(onCrash === undefined ? {} : { onCrash }),
      random: randomBytes,
      unixSeconds: () => Math.floor(Date.now() / 1000),
    });
    return { address: interceptor.address as Address, close: () => interceptor.close() };
  };
}

/** What the tests find in a broken peer. Those that it fails need not wait long for what never comes; the others are given their time. */
export async function failuresOf(
  role: TestedRole,
  peer: BrokenPeer,
  tests: readonly ConformanceTest[],
  scene: Scene,
  jobs: number,
): Promise<readonly SuiteResult[]> {
  const tap = tapOf(peer, role);
  const { newBlock } = scene;
  const isNamed = (test: ConformanceTest) => [...peer.fails, ...(peer.also ?? [])].includes(nameOf(test));
  const run = (some: readonly ConformanceTest[], receiveMs: number) =>
    runSuite({
      tests: some,
      jobs,
      seed: 1,
      timeouts: { receiveMs, connectMs: receiveMs, watchMs: WATCH_MS },
      target: (test) => scene.target(test, tap),
      ...(newBlock === undefined ? {} : { newBlock }),
    });
  return [
    ...(await run(tests.filter(isNamed), FAILING_MS)),
    ...(await run(
      tests.filter((test) => !isNamed(test)),
      PASSING_MS,
    )),
  ];
}

/** The id of a test without its role. */
export function nameOf({ about }: ConformanceTest): string {
  return about.id.slice(about.role.length + 1);
}

/** What it should fail and does not, and what it fails that nothing is said of. */
export function compareWith(
  { fails, also = [] }: BrokenPeer,
  failed: readonly string[],
): { readonly missing: readonly string[]; readonly more: readonly string[] } {
  return {
    missing: fails.filter((name) => !failed.includes(name)),
    more: failed.filter((name) => !fails.includes(name) && !also.includes(name)),
  };
}
