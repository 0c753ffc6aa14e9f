import type { HopSummary, StackEvent } from './events.ts';
import type { StackReport } from './report.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenState {
  readonly report: StackReport;
  readonly topology: string;
  readonly seconds: number;
  /** Measured from accepted shares over the last minute, in hashes per second. */
  readonly hashesPerSecond: number;
  readonly hops: readonly HopSummary[];
  /** Newest last. */
  readonly warnings: readonly string[];
}

const MIN_COLUMNS = 40;

/** The live view as lines of text, each at most `columns` wide, at most `rows` of them. */
export function renderScreen(state: ScreenState, size: ScreenSize): string[] {
  const columns = Math.max(MIN_COLUMNS, size.columns);
  const { report } = state;
  const lines = [
    `stratumkit stack  ${state.topology}  up ${formatDuration(state.seconds)}   Ctrl-C stops`,
    '',
    ...roleLines(report, columns),
    '',
    `height ${report.height}   blocks found ${report.blocks}   hashrate ${formatHashrate(state.hashesPerSecond)}`,
    `shares ${report.sharesAccepted} accepted   ${report.sharesRejected} rejected${rejections(report)}`,
    ...hopLines(state.hops),
    '',
    ...blockLines(report, state.seconds),
    ...deviceLines(
      report,
      Math.max(0, size.rows - 18 - report.lastBlocks.length - 2 * report.roles.length - state.hops.length),
    ),
    ...(state.warnings.length > 0 ? ['', ...state.warnings.map((warning) => `! ${warning}`)] : []),
  ];
  return lines.slice(0, Math.max(1, size.rows - 1)).map((line) => clip(line, columns));
}

/** One line for a terminal that is not there: what a log of the run should say. */
export function formatScreenText(event: StackEvent): string | undefined {
  switch (event.event) {
    case 'listening':
      return `${event.role} listening on ${event.address}${event.authority_public_key === undefined ? '' : `, authority key ${event.authority_public_key}`}`;
    case 'block':
      return `block ${event.height} ${event.hash} by ${event.device}`;
    case 'channel_opened':
      return `${event.device} ${event.kind === 'sv1' ? 'authorized' : `opened ${event.kind === 'extended' ? 'an' : 'a'} ${event.kind} channel`} on the ${event.role}`;
    case 'share_rejected':
      return `share of ${event.device} rejected: ${event.error_code}`;
    default:
      return undefined;
  }
}

function roleLines(report: StackReport, columns: number): string[] {
  return report.roles.flatMap(({ role, address, authorityPublicKey: key, url }) => [
    `${role.padEnd(18)} ${address}`,
    ...(key === undefined ? [] : [keyLine(key, url, columns)]),
  ]);
}

/** A key is of no use in part: what goes on one line is the URL to copy, or at least the key. */
function keyLine(key: string, url: string, columns: number): string {
  const indent = ''.padEnd(19);
  const lines = [`${indent}${url}`, `  ${url}`, `${indent}${key}`, `  ${key}`];
  return lines.find((line) => line.length <= columns) ?? key;
}

function hopLines(hops: readonly HopSummary[]): string[] {
  return hops.map(
    ({ role, shares_in: taken, shares_forwarded: forwarded, shares_acknowledged: acknowledged }) =>
      `through ${role.padEnd(10)} ${taken} in   ${forwarded} forwarded   ${acknowledged} acknowledged`,
  );
}

function blockLines(report: StackReport, seconds: number): string[] {
  if (report.lastBlocks.length === 0) return ['no block yet', ''];
  return [
    'last blocks',
    ...report.lastBlocks
      .toReversed()
      .map(
        ({ height, hash, device, atSeconds }) =>
          `  ${String(height).padStart(6)}  ${hash.slice(0, 20)}…  ${device}  ${formatDuration(seconds - atSeconds)} ago`,
      ),
    '',
  ];
}

function deviceLines(report: StackReport, room: number): string[] {
  const devices = [...report.devices.values()];
  if (devices.length === 0) return ['no devices of its own: point yours to an address above'];
  const shown = devices.slice(0, Math.max(1, room));
  return [
    'devices',
    ...shown.map(
      ({ name, protocol, sharesAccepted, sharesRejected, blocks }) =>
        `  ${name.padEnd(16)} ${(protocol ?? '').padEnd(4)} ${String(sharesAccepted).padStart(7)} accepted ${String(sharesRejected).padStart(5)} rejected ${String(blocks).padStart(5)} blocks`,
    ),
    ...(devices.length > shown.length ? [`  and ${devices.length - shown.length} more`] : []),
  ];
}

function rejections(report: StackReport): string {
  const parts = [...report.rejections].map(([code, count]) => `${code} ${count}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

function clip(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/** `1h02m`, `3m07s`, `12s` */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
  if (whole >= 60) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${whole}s`;
}

/** `1.23 MH/s` */
export function formatHashrate(hashesPerSecond: number): string {
  const units = ['H/s', 'kH/s', 'MH/s', 'GH/s', 'TH/s', 'PH/s', 'EH/s'];
  let value = hashesPerSecond;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? value.toFixed(0) : value.toPrecision(3)} ${units[unit]}`;
}
