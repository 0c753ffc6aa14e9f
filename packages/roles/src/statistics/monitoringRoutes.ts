import { hashrateFromTarget } from '@stratumkit/bitcoin';
import { HASHRATE_WINDOWS, type ShareTally } from '@stratumkit/channels';
import { displayText, toHex } from '@stratumkit/codec';
import type { Account } from './accountBook.ts';
import type { ChannelStatistics, ClientStatistics, MiningStatistics } from './miningStatistics.ts';

/** What a route has to know of a request for a path: the values in its `{…}`, decoded, and its query. */
export interface MonitoringRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: { get(name: string): string | null };
}

/** What a route answers; status 200 unless it says otherwise. */
export interface MonitoringReply {
  readonly status?: number;
  /** Plain data, to be answered as JSON. */
  readonly body: unknown;
}

/** Answers a GET at once, from memory. */
export type MonitoringRoute = (request: MonitoringRequest) => MonitoringReply;

/** A channel upstream, of a role that mines for its clients there. */
export interface UpstreamChannel {
  readonly channelId: number;
  readonly kind: 'standard' | 'extended';
  readonly userIdentity: string;
  readonly nominalHashrate: number;
  readonly target: Uint8Array;
  readonly extranoncePrefix: Uint8Array;
  readonly extranonceSize: number;
}

/** What the routes show: the role's statistics and what it was configured with. */
export interface MonitoringOptions {
  /** Left out by a role that has no upstream; undefined while there is none. */
  readonly upstreamChannels?: () => readonly UpstreamChannel[] | undefined;
  readonly statistics: MiningStatistics;
  readonly monotonicMs: () => number;
  readonly sharesPerMinute: number;
  readonly shareBatchSize: number;
}

const PAGE = { default: 25, most: 100 } as const;
/** 2^256 / target of difficulty 1. */
const HASHES_PER_DIFFICULTY = 2 ** 48 / 0xffff;

const NO_UPSTREAM: MonitoringReply = { status: 404, body: { error: 'Server monitoring not available' } };
const NO_CLIENT: MonitoringReply = { status: 404, body: { error: 'Client not found' } };

/**
 * The reference implementation's paths and field names, and what it lacks: rejects by code, exact work as a decimal string, measured
 * hashrates, accounts and workers. `/server` is what is mined upstream, which a pool does not. Names that clients chose are escaped.
 */
export function monitoringRoutes(options: MonitoringOptions): Record<string, MonitoringRoute> {
  const { statistics } = options;
  const withClient = (request: MonitoringRequest, answer: (client: ClientStatistics) => unknown): MonitoringReply => {
    const client = statistics.clients.get(Number(request.params.id));
    return client === undefined ? NO_CLIENT : { body: answer(client) };
  };
  const withUpstream = (answer: (channels: readonly UpstreamChannel[]) => unknown): MonitoringReply => {
    const channels = options.upstreamChannels?.();
    return channels === undefined ? NO_UPSTREAM : { body: answer(channels) };
  };
  return {
    '/api/v1/global': () => ({ body: globalOf(options) }),
    '/api/v1/server': () => withUpstream((channels) => countsOf(channels)),
    '/api/v1/server/channels': ({ query }) => withUpstream((channels) => upstreamPageOf(channels, query)),
    '/api/v1/clients': ({ query }) => ({ body: pageOf(statistics.clients, query, clientOf) }),
    '/api/v1/clients/{id}': (request) => withClient(request, clientOf),
    '/api/v1/clients/{id}/channels': (request) =>
      withClient(request, (client) => channelsOf(client, request.query, options)),
    '/api/v1/accounts': ({ query }) => ({
      body: pageOf(statistics.accounts, query, (account) => accountOf(account, options)),
    }),
    '/api/v1/accounts/{account}/workers': ({ query, params }) => {
      const account = statistics.accounts.get(params.account ?? '');
      if (account === undefined) return { status: 404, body: { error: 'Account not found' } };
      const workers = new Map([...account.workers].map(([name, tally]) => [name, { name, tally }]));
      return {
        body: pageOf(workers, query, ({ name, tally }) => ({ worker: displayText(name), ...tallyOf(tally, options) })),
      };
    },
  };
}

function globalOf({ statistics, ...options }: MonitoringOptions): unknown {
  const channels = [...statistics.clients.values()].flatMap((client) => [...client.channels.values()]);
  const upstream = options.upstreamChannels?.();
  return {
    server: upstream === undefined ? null : summaryOf(upstream),
    sv2_clients: { total_clients: statistics.clients.size, ...summaryOf(channels) },
    sv1_clients: null,
    uptime_secs: Math.floor((options.monotonicMs() - statistics.startedMs) / 1_000),
    totals: tallyOf(statistics.total, options),
  };
}

function clientOf(client: ClientStatistics): unknown {
  return {
    client_id: client.connection,
    client_kind: kindOf(client),
    vendor: displayText(client.vendor),
    ...countsOf([...client.channels.values()]),
  };
}

interface Mined {
  readonly kind: 'standard' | 'extended';
  readonly nominalHashrate: number;
}

function summaryOf(channels: readonly Mined[]) {
  const { extended_channels_count, standard_channels_count, total_hashrate } = countsOf(channels);
  return {
    total_channels: channels.length,
    extended_channels: extended_channels_count,
    standard_channels: standard_channels_count,
    total_hashrate,
  };
}

function countsOf(channels: readonly Mined[]) {
  const extended = channels.filter(({ kind }) => kind === 'extended').length;
  return {
    extended_channels_count: extended,
    standard_channels_count: channels.length - extended,
    total_hashrate: channels.reduce((sum, { nominalHashrate }) => sum + nominalHashrate, 0),
  };
}

function kindOf({ vendor, hardwareVersion }: ClientStatistics): 'miner' | 'translator_proxy' | 'unknown' {
  if (vendor === 'SRI' && hardwareVersion === 'Translator Proxy') return 'translator_proxy';
  return vendor === '' && hardwareVersion === '' ? 'unknown' : 'miner';
}

function channelsOf(client: ClientStatistics, query: MonitoringRequest['query'], options: MonitoringOptions): unknown {
  const channels = [...client.channels.values()];
  return { client_id: client.connection, ...byKind(channels, query, (channel) => channelOf(channel, options)) };
}

function upstreamPageOf(channels: readonly UpstreamChannel[], query: MonitoringRequest['query']): unknown {
  return byKind(channels, query, (channel) => ({
    channel_id: channel.channelId,
    user_identity: displayText(channel.userIdentity),
    nominal_hashrate: channel.nominalHashrate,
    target_hex: targetHex(channel.target),
    ...extranonceOf(channel),
  }));
}

function byKind<T extends Mined>(
  channels: readonly T[],
  query: MonitoringRequest['query'],
  show: (each: T) => unknown,
) {
  const { offset, limit } = rangeOf(query);
  const of = (kind: Mined['kind']) => channels.filter((each) => each.kind === kind);
  const [extended, standard] = [of('extended'), of('standard')];
  const page = (all: readonly T[]) => all.slice(offset, offset + limit).map(show);
  return {
    offset,
    limit,
    total_extended: extended.length,
    total_standard: standard.length,
    extended_channels: page(extended),
    standard_channels: page(standard),
  };
}

function extranonceOf({
  kind,
  extranoncePrefix,
  extranonceSize,
}: Pick<UpstreamChannel, 'kind' | 'extranoncePrefix' | 'extranonceSize'>) {
  return {
    extranonce_prefix_hex: toHex(extranoncePrefix),
    ...(kind === 'extended' && {
      full_extranonce_size: extranoncePrefix.length + extranonceSize,
      rollable_extranonce_size: extranonceSize,
    }),
  };
}

function channelOf(channel: ChannelStatistics, options: MonitoringOptions): unknown {
  const { tally, lastBatch } = channel;
  const { sharesPerMinute, shareBatchSize } = options;
  return {
    channel_id: channel.channelId,
    user_identity: displayText(channel.userIdentity),
    nominal_hashrate: channel.nominalHashrate,
    target_hashrate: hashrateFromTarget(channel.target, sharesPerMinute),
    target_hex: targetHex(channel.target),
    requested_max_target_hex: targetHex(channel.maxTarget),
    ...extranonceOf(channel),
    expected_shares_per_minute: sharesPerMinute,
    ...tallyOf(tally, options),
    last_share_sequence_number: channel.lastSequenceNumber,
    last_batch_accepted: lastBatch.shares,
    last_batch_work_sum: Number(lastBatch.difficultySum),
    share_batch_size: shareBatchSize,
  };
}

function accountOf({ name, tally, workers, channels }: Account, options: MonitoringOptions): unknown {
  return { account: displayText(name), channels, workers: workers.size, ...tallyOf(tally, options) };
}

function tallyOf(tally: ShareTally, { monotonicMs }: Pick<MonitoringOptions, 'monotonicMs'>) {
  const nowMs = monotonicMs();
  const rates = tally.hashrates(nowMs);
  const { lastShareMs } = tally;
  return {
    shares_accepted: tally.accepted,
    shares_late: tally.late,
    shares_rejected: [...tally.rejected.values()].reduce((sum, count) => sum + count, 0),
    shares_rejected_by_reason: Object.fromEntries(tally.rejected),
    share_work_sum: Number(tally.work) / HASHES_PER_DIFFICULTY,
    hashes: tally.work.toString(),
    best_diff: tally.bestDifficulty,
    blocks_found: tally.blocks,
    hashrate: Object.fromEntries(
      Object.keys(HASHRATE_WINDOWS).map((name) => [name, rates[name as keyof typeof rates]]),
    ),
    last_share_secs_ago: lastShareMs === undefined ? null : Math.max(0, Math.floor((nowMs - lastShareMs) / 1_000)),
  };
}

/** As people write it: most significant byte first. */
function targetHex(target: Uint8Array): string {
  return toHex(target.toReversed());
}

function pageOf<T>(
  all: ReadonlyMap<unknown, T>,
  query: MonitoringRequest['query'],
  show: (item: T) => unknown,
): unknown {
  const { offset, limit } = rangeOf(query);
  const items: unknown[] = [];
  let index = 0;
  for (const item of all.values()) {
    if (index >= offset + limit) break;
    if (index++ >= offset) items.push(show(item));
  }
  return { offset, limit, total: all.size, items };
}

function rangeOf(query: MonitoringRequest['query']): { offset: number; limit: number } {
  const read = (name: string, otherwise: number): number => {
    const text = query.get(name) ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  return { offset: read('offset', 0), limit: Math.min(PAGE.most, read('limit', PAGE.default)) };
}
