import { EventEmitter, once } from 'node:events';
import {
  buildCoinbase,
  encodeHeader,
  foldMerklePath,
  headerHash,
  joinCoinbase,
  meetsTarget,
  pushHeight,
  txid,
  VERSION_ROLLING_MASK,
} from '@stratumkit/bitcoin';
import { Connection, type ConnectionSecurity } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import {
  NewExtendedMiningJob,
  NewMiningJob,
  OpenExtendedMiningChannelSuccess,
  OpenStandardMiningChannelSuccess,
  SetNewPrevHash,
  SubmitSharesError,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { ResponderIdentity } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';
import { type Link, type Listener, listen } from '@stratumkit/transport';

const NBITS = 0x207fffff;
const MIN_NTIME = 1_700_000_000;
const EXTRANONCE_SIZE = 4;
const MERKLE_PATH = [new Uint8Array(32).fill(7)];
const { prefix: COINBASE_PREFIX, suffix: COINBASE_SUFFIX } = buildCoinbase({
  version: 2,
  scriptSigPrefix: pushHeight(102),
  extranonceSize: 20,
  sequence: 0xffffffff,
  outputs: [{ value: 5_000_000_000n, script: Uint8Array.of(0x51) }],
  locktime: 0,
});

interface Channel {
  readonly kind: 'standard' | 'extended';
  readonly prefix: Uint8Array;
}

export interface SeenShare {
  readonly channelId: number;
  readonly jobId: number;
  readonly version: number;
  readonly ntime: number;
  readonly problem: string | undefined;
}

/** A server of one fixed job that rebuilds every share's header and says what is wrong with it. */
export class TestUpstream {
  readonly shares: SeenShare[] = [];
  readonly users: string[] = [];
  readonly flags: number[] = [];
  readonly target: Uint8Array;
  readonly identity = new ResponderIdentity({
    random: randomBytes,
    authoritySecretKey: new Uint8Array(32).fill(5),
    certificateValiditySeconds: 3_600,
  });
  readonly #events = new EventEmitter();
  readonly #security: ConnectionSecurity;
  readonly #channels = new Map<Link<'mining'>, Map<number, Channel>>();
  #listener: Listener<'mining'> | undefined;
  #jobId = 0;
  #prevHash = new Uint8Array(32).fill(1);
  #nextChannelId = 1;

  constructor(target: Uint8Array, plain: boolean) {
    this.target = target;
    this.#security = plain
      ? { type: 'plain' }
      : { type: 'noise-responder', identity: this.identity, random: randomBytes };
  }

  async start(port = 0): Promise<void> {
    this.#listener = await listen<'mining'>({
      host: '127.0.0.1',
      port,
      createConnection: (_remote, now) =>
        new Connection(
          {
            protocol: 'mining',
            security: this.#security,
            setup: { side: 'server', policy: () => ({ accept: true, flags: 0 }) },
          },
          now,
        ),
      onEvent: (event, link) => {
        if (event.type === 'ready') this.flags.push(event.setup.flags);
        if (event.type === 'ready') this.#channels.set(link, new Map());
        if (event.type === 'message') this.#receive(link, event.message);
        if (event.type === 'closed') this.#channels.delete(link);
      },
    });
  }

  get port(): number {
    return this.#listener!.address.port;
  }

  get connections(): number {
    return this.#channels.size;
  }

  close(): Promise<void> {
    return this.#listener!.close();
  }

  /** Drops every connection, as a server does that restarts. */
  dropConnections(): void {
    for (const link of this.#channels.keys()) link.close('shutdown');
  }

  /** A new chain tip for every channel. */
  newTip(): void {
    this.#prevHash = new Uint8Array(32).fill(this.#jobId + 2);
    this.#jobId++;
    for (const [link, channels] of this.#channels) {
      for (const [channelId, channel] of channels) this.#sendJob(link, channelId, channel);
    }
  }

  async shareCount(count: number): Promise<void> {
    while (this.shares.length < count) await once(this.#events, 'share');
  }

  #receive(link: Link<'mining'>, message: MiningMessage): void {
    switch (message.name) {
      case 'OpenStandardMiningChannel':
        this.#open(link, 'standard', message.value.requestId, message.value.userIdentity);
        return;
      case 'OpenExtendedMiningChannel':
        this.#open(link, 'extended', message.value.requestId, message.value.userIdentity);
        return;
      case 'SubmitSharesStandard':
        this.#share(link, message.value, new Uint8Array(0));
        return;
      case 'SubmitSharesExtended':
        this.#share(link, message.value, message.value.extranonce);
        return;
    }
  }

  #open(link: Link<'mining'>, kind: 'standard' | 'extended', requestId: number, userIdentity: string): void {
    const channelId = this.#nextChannelId++;
    const prefix = new Uint8Array(kind === 'standard' ? 20 : 20 - EXTRANONCE_SIZE).fill(channelId);
    const channel = { kind, prefix };
    this.users.push(userIdentity);
    this.#channels.get(link)!.set(channelId, channel);
    const common = { requestId, channelId, target: this.target, extranoncePrefix: prefix, groupChannelId: 1_000_000 };
    link.send(
      kind === 'standard'
        ? encodeFrame(OpenStandardMiningChannelSuccess, common)
        : encodeFrame(OpenExtendedMiningChannelSuccess, { ...common, extranonceSize: EXTRANONCE_SIZE }),
    );
    this.#sendJob(link, channelId, channel);
  }

  #sendJob(link: Link<'mining'>, channelId: number, channel: Channel): void {
    const jobId = this.#jobId;
    const job = { channelId, jobId, minNtime: undefined, version: 0x20000000 };
    link.send(
      channel.kind === 'standard'
        ? encodeFrame(NewMiningJob, { ...job, merkleRoot: this.#merkleRoot(channel.prefix, new Uint8Array(0)) })
        : encodeFrame(NewExtendedMiningJob, {
            ...job,
            versionRollingAllowed: true,
            merklePath: MERKLE_PATH,
            coinbaseTxPrefix: COINBASE_PREFIX,
            coinbaseTxSuffix: COINBASE_SUFFIX,
          }),
    );
    const tip = { channelId, jobId, prevHash: this.#prevHash, minNtime: MIN_NTIME, nbits: NBITS };
    link.send(encodeFrame(SetNewPrevHash, tip));
  }

  #merkleRoot(prefix: Uint8Array, extranonce: Uint8Array): Uint8Array {
    return foldMerklePath(txid(joinCoinbase(COINBASE_PREFIX, prefix, extranonce, COINBASE_SUFFIX)), MERKLE_PATH);
  }

  #share(
    link: Link<'mining'>,
    share: { channelId: number; sequenceNumber: number; jobId: number; nonce: number; ntime: number; version: number },
    extranonce: Uint8Array,
  ): void {
    const { channelId, sequenceNumber, jobId, ntime, version } = share;
    const channel = this.#channels.get(link)?.get(channelId);
    const problem = channel === undefined ? 'invalid-channel-id' : this.#judge(channel, share, extranonce);
    link.send(
      problem === undefined
        ? encodeFrame(SubmitSharesSuccess, {
            channelId,
            lastSequenceNumber: sequenceNumber,
            newSubmitsAcceptedCount: 1,
            newSharesSum: 1n,
          })
        : encodeFrame(SubmitSharesError, { channelId, sequenceNumber, errorCode: problem }),
    );
    this.shares.push({ channelId, jobId, version, ntime, problem });
    this.#events.emit('share');
  }

  #judge(
    channel: Channel,
    share: { jobId: number; nonce: number; ntime: number; version: number },
    extranonce: Uint8Array,
  ): string | undefined {
    const { jobId, nonce, ntime, version } = share;
    if (jobId !== this.#jobId) return 'stale-share';
    if (((version ^ 0x20000000) & ~VERSION_ROLLING_MASK) !== 0) return 'invalid-non-rollable-version-bit';
    if (extranonce.length !== (channel.kind === 'standard' ? 0 : EXTRANONCE_SIZE)) return 'bad-extranonce-size';
    const merkleRoot = this.#merkleRoot(channel.prefix, extranonce);
    const header = encodeHeader({ version, prevHash: this.#prevHash, merkleRoot, time: ntime, nbits: NBITS, nonce });
    return meetsTarget(headerHash(header), this.target) ? undefined : 'difficulty-too-low';
  }
}
