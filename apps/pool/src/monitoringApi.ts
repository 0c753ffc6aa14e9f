import { hashrateFromTarget } from '@stratumkit/bitcoin';
import { HASHRATE_WINDOWS, type ShareTally } from '@stratumkit/channels';
import { displayText, toHex } from '@stratumkit/codec';
import type { Account, ChannelStatistics, ClientStatistics, MiningStatistics } from '@stratumkit/roles';
import type { HttpReply, HttpRequest, HttpRoute } from '@stratumkit/runtime';

export interface MonitoringOptions {
  readonly statistics: MiningStatistics;
  readonly monotonicMs: () => number;
  readonly sharesPerMinute: number;
  readonly shareBatchSize: number;
}

const PAGE = { default: 25, most: 100 } as const;
/** 2^256 / target of difficulty 1. */
const HASHES_PER_DIFFICULTY = 2 ** 48 / 0xffff;

const NO_UPSTREAM: HttpReply = { status: 404, body: { error: 'Server monitoring not available' } };
const NO_CLIENT: HttpReply = { status: 404, body: { error: 'Client not found' } };

/**
 * The reference implementation's paths and field names, and what it lacks: rejects by code, exact work as a decimal string, measured
 * hashrates, accounts and workers. `/server` is for those who mine on an upstream, which a pool does not. Names that clients chose
 * are escaped.
 */
export function monitoringRoutes(options: MonitoringOptions): Record<string, HttpRoute> {
  const { statistics } = options;
  const withClient = (request: HttpRequest, answer: (client: ClientStatistics) => unknown): HttpReply => {
    const client = statistics.clients.get(Number(request.params.id));
    return client === undefined ? NO_CLIENT : { body: answer(client) };
  };
  return {
    '/api/v1/global': () => ({ body: globalOf(options) }),
    '/api/v1/server': () => NO_UPSTREAM,
    '/api/v1/server/channels': () => NO_UPSTREAM,
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
  const extended = channels.filter(({ kind }) => kind === 'extended').length;
  return {
    server: null,
    sv2_clients: {
      total_clients: statistics.clients.size,
      total_channels: channels.length,
      extended_channels: extended,
      standard_channels: channels.length - extended,
      total_hashrate: nominalSum(channels),
    },
    sv1_clients: null,
    uptime_secs: Math.floor((options.monotonicMs() - statistics.startedMs) / 1_000),
    totals: tallyOf(statistics.total, options),
  };
}

function clientOf(client: ClientStatistics): unknown {
  const channels = [...client.channels.values()];
  const extended = channels.filter(({ kind }) => kind === 'extended').length;
  return {
    client_id: client.connection,
    client_kind: kindOf(client),
    vendor: displayText(client.vendor),
    extended_channels_count: extended,
    standard_channels_count: channels.length - extended,
    total_hashrate: nominalSum(channels),
  };
}

function kindOf({ vendor, hardwareVersion }: ClientStatistics): 'miner' | 'translator_proxy' | 'unknown' {
  if (vendor === 'SRI' && hardwareVersion === 'Translator Proxy') return 'translator_proxy';
  return vendor === '' && hardwareVersion === '' ? 'unknown' : 'miner';
}

function channelsOf(client: ClientStatistics, query: URLSearchParams, options: MonitoringOptions): unknown {
  const { offset, limit } = rangeOf(query);
  const of = (kind: ChannelStatistics['kind']) => [...client.channels.values()].filter((each) => each.kind === kind);
  const [extended, standard] = [of('extended'), of('standard')];
  const page = (channels: readonly ChannelStatistics[]) =>
    channels.slice(offset, offset + limit).map((channel) => channelOf(channel, options));
  return {
    client_id: client.connection,
    offset,
    limit,
    total_extended: extended.length,
    total_standard: standard.length,
    extended_channels: page(extended),
    standard_channels: page(standard),
  };
}

function channelOf(channel: ChannelStatistics, options: MonitoringOptions): unknown {
  const { kind, extranoncePrefix, extranonceSize, tally, lastBatch } = channel;
  const { sharesPerMinute, shareBatchSize } = options;
  return {
    channel_id: channel.channelId,
    user_identity: displayText(channel.userIdentity),
    nominal_hashrate: channel.nominalHashrate,
    target_hashrate: hashrateFromTarget(channel.target, sharesPerMinute),
    target_hex: targetHex(channel.target),
    requested_max_target_hex: targetHex(channel.maxTarget),
    extranonce_prefix_hex: toHex(extranoncePrefix),
    ...(kind === 'extended' && {
      full_extranonce_size: extranoncePrefix.length + extranonceSize,
      rollable_extranonce_size: extranonceSize,
    }),
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

function nominalSum(channels: readonly ChannelStatistics[]): number {
  return channels.reduce((sum, { nominalHashrate }) => sum + nominalHashrate, 0);
}

/** As people write it: most significant byte first. */
function targetHex(target: Uint8Array): string {
  return toHex(target.toReversed());
}

function pageOf<T>(all: ReadonlyMap<unknown, T>, query: URLSearchParams, show: (item: T) => unknown): unknown {
  const { offset, limit } = rangeOf(query);
  const items: unknown[] = [];
  let index = 0;
  for (const item of all.values()) {
    if (index >= offset + limit) break;
    if (index++ >= offset) items.push(show(item));
  }
  return { offset, limit, total: all.size, items };
}

function rangeOf(query: URLSearchParams): { offset: number; limit: number } {
  const read = (name: string, otherwise: number): number => {
    const text = query.get(name) ?? '';
    return /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  return { offset: read('offset', 0), limit: Math.min(PAGE.most, read('limit', PAGE.default)) };
}
