import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { ConformanceTest, Subject, SuiteTarget, TestedRole } from '@stratumkit/message-generator';
import {
  createMiningDevice,
  createSearchKernel,
  type MiningDevice,
  type SearchWorkers,
} from '@stratumkit/mining-device';
import { publicKeyFromSecret } from '@stratumkit/noise';
import { createPool, type PoolOptions, defaultModules as poolModules } from '@stratumkit/pool';
import { createProxy, defaultModules as proxyModules } from '@stratumkit/proxy';
import { createTemplateProvider, defaultModules as providerModules } from '@stratumkit/template-provider';
import { createTranslator, defaultModules as translatorModules } from '@stratumkit/translator';
import { SteppedSource } from './steppedSource.ts';

const HOST = '127.0.0.1';
export const SECRET_KEY = new Uint8Array(32).fill(7);
export const PUBLIC_KEY = publicKeyFromSecret(SECRET_KEY);
const REWARD_SCRIPT = Uint8Array.of(0x51);

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Puts something in front of an address; `noise`: those who connect there speak with encryption. */
export type Tap = (where: {
  readonly address: Address;
  readonly side: 'downstream' | 'upstream' | 'behind';
  readonly noise: boolean;
  /** The role is no more: nor are its other sides. */
  readonly onCrash?: () => void;
}) => Promise<{ readonly address: Address; close(): Promise<void> }>;

/** One of our roles, up and running with all that it needs. */
export interface Scene {
  /** Behind the tap, if there is one: then the role itself speaks without encryption. */
  target(test: ConformanceTest, tap?: Tap): Promise<SuiteTarget>;
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

/** More than all fees: no new template but for a new block. */
const NO_FEES_ARE_ENOUGH = 21_000_000n * 100_000_000n;

async function startProvider(source: SteppedSource, security: Security, feeThreshold?: bigint) {
  return createTemplateProvider(
    {
      listen: { host: HOST, port: 0 },
      source: UNUSED_SOURCE,
      insecure: security === 'plain',
      authoritySecretKey: SECRET_KEY,
      ...(feeThreshold === undefined ? {} : { feeThreshold }),
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
  const { source, pool, close } = await startPool(security);
  const others = new Variants((policy) => startPool(security, policy));
  return {
    target: async (test, tap) => {
      if (isUpstream(test)) return betweenTarget(security, test, tap, startPoolOf);
      const other = await others.of(test);
      return serverTarget((other?.pool ?? pool).address, security, test, tap);
    },
    newBlock: async () => void source.findBlock(),
    async close() {
      await others.close();
      await close();
    },
  };
}

type Policy = Pick<PoolOptions, 'requiredExtensions' | 'connectionLimits'>;

/** What a server has to be set to for the tests whose names begin so. */
const POLICIES: Readonly<Record<string, Policy>> = {
  'extensions-required': { requiredExtensions: [2] },
  'no-channel': { connectionLimits: { firstChannelTimeoutMs: 1_000 } },
};

/** Servers that are set to something else than the scene's own, each started when a test needs it. */
class Variants<Server extends { close(): Promise<void> }> {
  readonly #start: (policy: Policy) => Promise<Server>;
  readonly #started = new Map<string, Promise<Server>>();

  constructor(start: (policy: Policy) => Promise<Server>) {
    this.#start = start;
  }

  of(test: ConformanceTest): Promise<Server> | undefined {
    const { id, role } = test.about;
    const [prefix, policy] = Object.entries(POLICIES).find(([name]) => id.startsWith(`${role}/${name}`)) ?? [];
    if (prefix === undefined || policy === undefined) return undefined;
    const server = this.#started.get(prefix) ?? this.#start(policy);
    this.#started.set(prefix, server);
    return server;
  }

  async close(): Promise<void> {
    for (const server of this.#started.values()) await (await server).close();
  }
}

async function startPool(security: Security, policy: Policy = {}) {
  // No share may happen to be a block.
  const source = new SteppedSource(targetOf(200));
  const provider = await startProvider(source, 'plain', NO_FEES_ARE_ENOUGH);
  const pool = await startPoolOf({ ...provider.address, noise: false }, security, policy);
  const close = async () => {
    await pool.close();
    await provider.close();
  };
  return { source, pool, close };
}

const startPoolOf: StartBetween = ({ host, port, noise }, own, { mode, ...policy }) =>
  createPool(
    {
      listen: { host: HOST, port: 0 },
      templateProvider: { host, port, ...(noise ? { authorityPublicKey: PUBLIC_KEY } : {}) },
      templateProviderSecurity: noise ? 'authenticated' : 'plain',
      authoritySecretKey: SECRET_KEY,
      insecure: own === 'plain',
      network: 'regtest',
      coinbaseRewardScript: REWARD_SCRIPT,
      minHashrate: 1,
      sharesPerMinute: 60,
      vardiff: false,
      ...policy,
    },
    poolModules,
  );

/** Starts a role of ours that has an upstream. */
type StartBetween = (
  upstream: Address & { readonly noise: boolean },
  own: Security,
  policy: Policy & { readonly mode?: Mode },
) => Promise<Between>;

/** How channels are led on: those of all in one, or each in its own. */
type Mode = 'together' | 'apart';

/** A proxy or translator in front of our pool, and one for each test that is its upstream. */
async function betweenScene(security: Security, start: StartBetween): Promise<Scene> {
  const { source, pool, close } = await startPool('plain');
  const upstream = { ...pool.address, noise: false };
  const role = await start(upstream, security, {});
  const others = new Variants((policy) => start(upstream, security, policy));
  return {
    target: async (test, tap) => {
      if (isUpstream(test)) return betweenTarget(security, test, tap, start);
      const other = await others.of(test);
      return serverTarget((other ?? role).address, security, test, tap);
    },
    newBlock: async () => void source.findBlock(),
    async close() {
      await others.close();
      await role.close();
      await close();
    },
  };
}

/** Whether the test is the upstream of the role, or its template provider. */
function isUpstream({ plan }: ConformanceTest): boolean {
  return plan.connections.some(({ role }) => role === 'server');
}

/** A role of its own for a test that is its upstream; it looks for that through a pipe, whose other end is laid when the test listens. */
async function betweenTarget(
  security: Security,
  test: ConformanceTest,
  tap: Tap | undefined,
  start: StartBetween,
): Promise<SuiteTarget> {
  const pipe = await openPipe();
  const noise = security === 'noise' || test.about.needs.length > 0;
  const mode = (['together', 'apart'] as const).find((name) => test.about.id.endsWith(`-${name}`));
  const role = await start({ ...pipe.address, noise }, 'plain', mode === undefined ? {} : { mode });
  const tapped = await tap?.({ address: role.address, side: 'behind', noise: false });
  const upstreamTap: Tap | undefined =
    tap && ((where) => tap({ ...where, onCrash: () => void tapped?.close().catch(() => undefined) }));
  const target = clientTarget(security, test, upstreamTap, async (upstream) => {
    pipe.lead(upstream);
    return { close: async () => undefined };
  });
  return {
    ...target,
    subject: { ...target.subject, address: (tapped ?? role).address, security: { type: 'plain' } },
    async close() {
      await tapped?.close().catch(() => undefined);
      await role.close();
      await pipe.close();
      await target.close?.();
    },
  };
}

/** A socket whose bytes go wherever it is told later. */
async function openPipe() {
  const open = new Set<Socket>();
  let lead: (address: Address) => void = () => undefined;
  const leads = new Promise<Address>((resolve) => {
    lead = resolve;
  });
  const server = createServer({ allowHalfOpen: false, noDelay: true }, (socket) => {
    void leads.then((address) => {
      const other = connect({ ...address, noDelay: true });
      for (const [from, to] of [
        [socket, other],
        [other, socket],
      ] as const) {
        open.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroySoon());
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: { host: HOST, port },
    lead,
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Between {
  readonly address: Address;
  close(): Promise<void>;
}

function proxyScene(security: Security): Promise<Scene> {
  return betweenScene(security, ({ host, port, noise }, own, { mode = 'together', ...policy }) =>
    createProxy(
      {
        listen: { host: HOST, port: 0 },
        upstreams: [{ host, port, userIdentity: 'conformance', ...(noise ? { authorityPublicKey: PUBLIC_KEY } : {}) }],
        upstreamSecurity: noise ? 'authenticated' : 'plain',
        mode: mode === 'together' ? 'aggregating' : 'transparent',
        authoritySecretKey: SECRET_KEY,
        insecure: own === 'plain',
        minHashrate: 1,
        sharesPerMinute: 60,
        vardiff: false,
        ...policy,
      },
      proxyModules,
    ),
  );
}

function translatorScene(security: Security): Promise<Scene> {
  return betweenScene(security, ({ host, port, noise }, _own, { mode = 'apart' }) =>
    createTranslator(
      {
        listen: { host: HOST, port: 0 },
        upstreams: [{ host, port, userIdentity: 'conformance', ...(noise ? { authorityPublicKey: PUBLIC_KEY } : {}) }],
        security: noise ? 'authenticated' : 'plain',
        aggregateChannels: mode === 'together',
        limits: { updateMs: 200 },
        difficulty: { sharesPerMinute: 60, minerHashrate: 1_000, vardiff: false, minDifficulty: 1e-9 },
      },
      translatorModules,
    ),
  );
}

async function templateProviderScene(security: Security): Promise<Scene> {
  const source = new SteppedSource(targetOf(248));
  const provider = await startProvider(source, security);
  return {
    target: (test, tap) => serverTarget(provider.address, security, test, tap),
    newBlock: async () => void source.findBlock(),
    close: () => provider.close(),
  };
}

/** Tests that need encryption get it from the tap. */
async function serverTarget(
  address: Address,
  security: Security,
  { about }: ConformanceTest,
  tap: Tap | undefined,
): Promise<SuiteTarget> {
  if (tap === undefined) return { subject: { address, security: securityOf(security) } };
  const noise = about.needs.length > 0;
  const tapped = await tap({ address, side: 'downstream', noise });
  return {
    subject: { address: tapped.address, security: securityOf(noise ? 'noise' : 'plain') },
    close: () => tapped.close(),
  };
}

function securityOf(security: Security): Subject['security'] {
  if (security === 'plain') return { type: 'plain' };
  return { type: 'initiator', authorityPublicKey: PUBLIC_KEY };
}

/** A device for each test: with a channel of the kind that the test's name ends with. */
async function deviceScene(security: Security): Promise<Scene> {
  return {
    target: async (test, tap) => {
      const { name, channel } = deviceOf(test);
      return clientTarget(security, test, tap, ({ host, port, noise }) =>
        createMiningDevice(
          {
            upstreams: [{ host, port, ...(noise ? { authorityPublicKey: PUBLIC_KEY } : {}) }],
            security: noise ? 'authenticated' : 'plain',
            userIdentity: 'conformance',
            name,
            channel,
            hashrate: 5_000,
            workers: 1,
            workerTracking: true,
          },
          { createWorkers: searchHere },
        ),
      );
    },
    close: async () => undefined,
  };
}

/** The kernel of the device in this thread: a thread for each of many short tests takes longer to start than to hash. */
function searchHere(): SearchWorkers {
  const kernel = createSearchKernel();
  return {
    size: 1,
    idle: 1,
    run: async ({ header, target, firstNonce, count }) => {
      const started = performance.now();
      const { nonces, tried } = kernel.search(header, target, firstNonce, count);
      return { nonces, tried, elapsedMs: performance.now() - started };
    },
    close: async () => undefined,
  };
}

function deviceOf({ about }: ConformanceTest): { readonly name: string; readonly channel: 'standard' | 'extended' } {
  return { name: 'device', channel: about.id.endsWith('-standard') ? 'standard' : 'extended' };
}

/** A role that connects to the test: it is started when the test listens, behind the tap if there is one. */
function clientTarget(
  security: Security,
  { about }: ConformanceTest,
  tap: Tap | undefined,
  start: (upstream: Address & { readonly noise: boolean }) => Promise<Pick<MiningDevice, 'close'>>,
): SuiteTarget {
  const noise = security === 'noise' || about.needs.length > 0;
  const listenSecurity: Subject['listenSecurity'] = noise
    ? { type: 'responder', authoritySecretKey: SECRET_KEY }
    : { type: 'plain' };
  const closing: Promise<{ close(): Promise<void> }>[] = [];
  return {
    subject: { listen: { host: HOST, port: 0 }, listenSecurity },
    onListening: (port) => {
      const direct = { address: { host: HOST, port }, close: async () => undefined };
      const tapped =
        tap === undefined ? Promise.resolve(direct) : tap({ address: direct.address, side: 'upstream', noise });
      const role = tapped.then(({ address }) => start({ ...address, noise }));
      closing.push(role, tapped);
    },
    close: async () => {
      for (const part of closing) await (await part).close();
    },
  };
}

/** Starts one of our roles. */
export const SCENES: Readonly<Partial<Record<TestedRole, (security: Security) => Promise<Scene>>>> = {
  pool: poolScene,
  'template-provider': templateProviderScene,
  device: deviceScene,
  proxy: proxyScene,
  translator: translatorScene,
};

export function startScene(role: TestedRole, security: Security): Promise<Scene> {
  const start = SCENES[role];
  if (start === undefined) throw new Error(`no scene for a ${role}`);
  return start(security);
}
