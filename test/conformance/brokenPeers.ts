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
  /** Tests of other sentences that it fails for that, and why. It fails no others. */
  readonly also?: readonly AlsoFailed[];
  /** A hash that is wrong may happen to meet the target, or work that changes meanwhile may hide it: what does not fail is run again, a few times at most. */
  readonly byChance?: true;
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

interface AlsoFailed {
  readonly because: string;
  readonly tests: readonly string[];
  /** A wrong header's hash may meet the target all the same, or miss it, or what comes may come in time: then these may pass. */
  readonly byChance?: true;
}

/** `behind`: the downstream side where the test is the upstream, too. */
type Side = 'downstream' | 'upstream' | 'behind';

export function readBrokenPeers(role: TestedRole): readonly BrokenPeer[] {
  const path = new URL(`brokenPeers/${role}.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as readonly BrokenPeer[];
}

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

/** After a block roles send new work for a while, in reply to the templates that follow. */
const AFTER_BLOCK_MS = 10_000;

/** What the tests find in a broken peer. A test that found a block is over when its consequences are, so that the next one does not meet them. */
export function examine(
  role: TestedRole,
  peer: BrokenPeer,
  tests: readonly ConformanceTest[],
  scene: Scene,
  jobs: number,
): Promise<readonly SuiteResult[]> {
  const tap = tapOf(peer, role);
  const { newBlock } = scene;
  let foundBlock = false;
  const findBlock = async () => {
    foundBlock = true;
    await newBlock?.();
  };
  return runSuite({
    tests,
    jobs,
    seed: 1,
    target: async (test) => {
      const target = await scene.target(test, tap);
      const close = async () => {
        await target.close?.();
        if (foundBlock) await new Promise((resolve) => setTimeout(resolve, AFTER_BLOCK_MS));
        foundBlock = false;
      };
      return { ...target, close };
    },
    ...(newBlock === undefined ? {} : { newBlock: findBlock }),
  });
}

/** The id of a test without its role. */
export function nameOf({ about }: ConformanceTest): string {
  return about.id.slice(about.role.length + 1);
}

/** Every test that a peer is said to fail. */
export function meantFor({ fails, also = [] }: BrokenPeer): readonly string[] {
  return [...fails, ...also.flatMap(({ tests }) => tests)];
}

/** What it should fail and does not, and what it fails that nothing is said of. */
export function compareWith(
  peer: BrokenPeer,
  failed: readonly string[],
): { readonly missing: readonly string[]; readonly more: readonly string[] } {
  const meant = meantFor(peer);
  const mayPass = (peer.also ?? []).filter(({ byChance }) => byChance).flatMap(({ tests }) => tests);
  return {
    missing: meant.filter((name) => !failed.includes(name) && !mayPass.includes(name)),
    more: failed.filter((name) => !meant.includes(name)),
  };
}
