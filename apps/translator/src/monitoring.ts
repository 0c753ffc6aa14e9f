import { difficultyFromTarget, targetToBigint } from '@stratumkit/bitcoin';
import { displayText, toHex } from '@stratumkit/codec';
import type { Miner, WorkSource } from '@stratumkit/roles';
import type { HttpReply, HttpRequest, HttpRoute } from '@stratumkit/runtime';
import { workerOf } from '@stratumkit/translation';
import type { Translator } from './translator.ts';

const DEFAULT_LIMIT = 25;
const MAX_LIMIT = 100;

export interface MonitoringOptions {
  readonly core: Translator['core'];
  /** Without it hashrates are not known. */
  readonly vardiff: boolean;
  readonly uptimeSeconds: () => number;
}

/** The reference implementation's monitoring paths, with its fields and some more. Text of peers is escaped. */
export function monitoringRoutes(options: MonitoringOptions): Readonly<Record<string, HttpRoute>> {
  const { core, vardiff, uptimeSeconds } = options;
  const channels = () => [...core.sources].filter(isUsed);
  return {
    '/api/v1/global': () => ({
      body: {
        server: summaryOf(channels(), vardiff),
        sv2_clients: null,
        sv1_clients: { total_clients: core.minerCount, total_hashrate: vardiff ? sumHashrate(core.miners) : 0 },
        uptime_secs: Math.floor(uptimeSeconds()),
      },
    }),
    '/api/v1/server': () => {
      const { extended_channels, standard_channels, total_hashrate } = summaryOf(channels(), vardiff);
      return {
        body: {
          extended_channels_count: extended_channels,
          standard_channels_count: standard_channels,
          total_hashrate,
        },
      };
    },
    '/api/v1/server/channels': (request) => {
      const all = channels();
      const { offset, limit } = pageOf(request);
      return {
        body: {
          offset,
          limit,
          total_extended: all.length,
          total_standard: 0,
          extended_channels: all.slice(offset, offset + limit).map((source) => channelInfo(source, vardiff)),
          standard_channels: [],
        },
      };
    },
    '/api/v1/clients': (request) => ({ body: { ...pageOf(request), total: 0, items: [] } }),
    '/api/v1/sv1/clients': (request) => {
      const { offset, limit } = pageOf(request);
      const all = [...core.miners];
      const items = all.slice(offset, offset + limit).map((miner) => minerInfo(miner, vardiff));
      return { body: { offset, limit, total: all.length, items } };
    },
    '/api/v1/sv1/clients/{id}': ({ params }) => {
      const miner = core.miner(Number(params.id));
      return miner === undefined ? notFound('Sv1 client not found') : { body: minerInfo(miner, vardiff) };
    },
    '/api/v1/clients/{id}': () => notFound('Client not found'),
    '/api/v1/clients/{id}/channels': () => notFound('Client not found'),
  };
}

function minerInfo(miner: Miner, vardiff: boolean): Readonly<Record<string, unknown>> {
  const { session, space, firstWorker = '', told, source, totals } = miner;
  const mask = session.rollsVersion ? session.versionMask.toString(16).padStart(8, '0') : null;
  return {
    client_id: miner.connection,
    channel_id: source?.channel.channelId ?? null,
    connection_ip: miner.address,
    sv1_username: displayText(firstWorker),
    sv1_worker_name: displayText(workerOf(firstWorker)),
    target_hex: targetHex(told?.target),
    hashrate: vardiff ? miner.hashrate : null,
    stable_hashrate: vardiff && miner.difficulty.isStable,
    extranonce1_hex: toHex(space?.lease.extranoncePrefix ?? new Uint8Array(0)),
    extranonce2_len: space?.lease.extranonceSize ?? 0,
    version_rolling_mask: mask,
    version_rolling_min_bit: null,
    user_agent: displayText(miner.userAgent),
    difficulty: told?.difficulty ?? null,
    shares_accepted: totals.accepted,
    shares_rejected: totals.refused,
    shares_forwarded: totals.forwarded,
    shares_accepted_upstream: totals.upstreamAccepted,
    shares_rejected_upstream: totals.upstreamRefused,
    blocks_found: totals.blocks,
  };
}

/** Not the channel that only shows whether the upstream has work. */
function isUsed({ channel, session, miners }: WorkSource): boolean {
  return channel !== session.trunk || miners.size > 0;
}

function channelInfo({ channel, totals, miners }: WorkSource, vardiff: boolean): Readonly<Record<string, unknown>> {
  const { target, extranoncePrefix, extranonceSize } = channel;
  return {
    channel_id: channel.channelId,
    user_identity: displayText(channel.userIdentity),
    nominal_hashrate: vardiff ? sumHashrate(miners) : null,
    target_hex: targetHex(target),
    extranonce_prefix_hex: toHex(extranoncePrefix),
    full_extranonce_size: extranoncePrefix.length + extranonceSize,
    rollable_extranonce_size: extranonceSize,
    version_rolling: channel.work?.job.versionRollingAllowed ?? false,
    shares_acknowledged: totals.accepted,
    shares_submitted: totals.sent,
    shares_rejected: totals.refused,
    shares_rejected_by_reason: Object.fromEntries(
      [...totals.refusals].map(([code, count]) => [displayText(code), count]),
    ),
    acknowledged_work_sum: Number(totals.difficultySum),
    validated_work_sum: totals.validatedWork,
    best_diff: totals.bestHash === undefined ? 0 : difficultyFromTarget(totals.bestHash),
    blocks_found: totals.blocks,
  };
}

/** There may be as many as miners: only what is asked for is written out. */
function summaryOf(channels: readonly WorkSource[], vardiff: boolean) {
  return {
    total_channels: channels.length,
    extended_channels: channels.length,
    standard_channels: 0,
    total_hashrate: vardiff ? channels.reduce((sum, { miners }) => sum + sumHashrate(miners), 0) : 0,
  };
}

function sumHashrate(miners: Iterable<Miner>): number {
  let sum = 0;
  for (const { hashrate } of miners) sum += hashrate;
  return sum;
}

function pageOf({ query }: HttpRequest): { readonly offset: number; readonly limit: number } {
  return {
    offset: wholeNumber(query.get('offset'), 0),
    limit: Math.min(MAX_LIMIT, wholeNumber(query.get('limit'), DEFAULT_LIMIT)),
  };
}

function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

/** A target as a number is written: the largest digit first. */
function targetHex(target: Uint8Array | undefined): string {
  return target === undefined ? '' : targetToBigint(target).toString(16).padStart(64, '0');
}

function notFound(error: string): HttpReply {
  return { status: 404, body: { error } };
}
