import type { ConformanceTest, Subject, SuiteTarget, TestedRole } from '@stratumkit/message-generator';
import { publicKeyFromSecret } from '@stratumkit/noise';
import { createPool, defaultModules as poolModules } from '@stratumkit/pool';
import { createTemplateProvider, defaultModules as providerModules } from '@stratumkit/template-provider';
import { SteppedSource } from './steppedSource.ts';

const HOST = '127.0.0.1';
const SECRET_KEY = new Uint8Array(32).fill(7);
const REWARD_SCRIPT = Uint8Array.of(0x51);

/** One of our roles, up and running with all that it needs. */
export interface Scene {
  target(test: ConformanceTest): Promise<SuiteTarget>;
  /** A new tip for the role. */
  newBlock?(): Promise<void>;
  close(): Promise<void>;
}

/** Whether the role speaks with encryption; without it many peers are cheap. */
export type Security = 'noise' | 'plain';

/** The numerically largest value below 2^bits, as 32 bytes in wire order. */
export function targetOf(bits: number): Uint8Array {
  const bytes = new Uint8Array(32).fill(0xff, 0, Math.floor(bits / 8));
  if (bits < 256) bytes[Math.floor(bits / 8)] = 2 ** (bits % 8) - 1;
  return bytes;
}

async function startProvider(source: SteppedSource, security: Security) {
  return createTemplateProvider(
    {
      listen: { host: HOST, port: 0 },
      source: UNUSED_SOURCE,
      insecure: security === 'plain',
      authoritySecretKey: SECRET_KEY,
    },
    { ...providerModules, createSource: () => source },
  );
}

const UNUSED_SOURCE = {
  type: 'regtest',
  blockInterval: 1,
  expectedHashrate: 1,
  transactionsPerSecond: 0,
  seed: 1,
} as const;

async function poolScene(security: Security): Promise<Scene> {
  // No share may happen to be a block.
  const source = new SteppedSource(targetOf(200));
  const provider = await startProvider(source, 'plain');
  const pool = await createPool(
    {
      listen: { host: HOST, port: 0 },
      templateProvider: provider.address,
      templateProviderSecurity: 'plain',
      authoritySecretKey: SECRET_KEY,
      insecure: security === 'plain',
      network: 'regtest',
      coinbaseRewardScript: REWARD_SCRIPT,
      minHashrate: 1,
      sharesPerMinute: 6_000,
      vardiff: false,
    },
    poolModules,
  );
  return {
    target: async () => ({ subject: { address: pool.address, security: securityOf(security) } }),
    newBlock: async () => source.findBlock(),
    async close() {
      await pool.close();
      await provider.close();
    },
  };
}

async function templateProviderScene(security: Security): Promise<Scene> {
  const source = new SteppedSource(targetOf(248));
  const provider = await startProvider(source, security);
  return {
    target: async () => ({ subject: { address: provider.address, security: securityOf(security) } }),
    newBlock: async () => source.findBlock(),
    close: () => provider.close(),
  };
}

function securityOf(security: Security): Subject['security'] {
  if (security === 'plain') return { type: 'plain' };
  return { type: 'initiator', authorityPublicKey: publicKeyFromSecret(SECRET_KEY) };
}

/** Starts one of our roles. */
export const SCENES: Readonly<Partial<Record<TestedRole, (security: Security) => Promise<Scene>>>> = {
  pool: poolScene,
  'template-provider': templateProviderScene,
};

export function startScene(role: TestedRole, security: Security): Promise<Scene> {
  const start = SCENES[role];
  if (start === undefined) throw new Error(`no scene for a ${role}`);
  return start(security);
}
