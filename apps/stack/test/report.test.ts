import { describe, expect, it } from 'vitest';
import { HashrateMeter } from '../src/hashrateMeter.ts';
import { MAX_GUESTS, StackReport } from '../src/report.ts';
import { formatDuration, formatHashrate, renderScreen } from '../src/screen.ts';

const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';

function busyReport(): StackReport {
  const report = new StackReport([
    { name: 'device1', protocol: 'sv2' },
    { name: 'device2', protocol: 'sv1' },
  ]);
  const address = '127.0.0.1:3333';
  const url = `stratum2+tcp://${address}/${KEY}`;
  report.apply({ event: 'listening', role: 'pool', address, authority_public_key: KEY, url }, 0);
  report.apply({ event: 'job', height: 121 }, 1);
  report.apply({ event: 'share_accepted', device: 'device1', count: 3 }, 2);
  report.apply({ event: 'share_rejected', device: 'device2', error_code: 'stale-share' }, 3);
  for (let height = 121; height < 141; height++) {
    report.apply({ event: 'block', height, hash: `${height}`.padStart(64, '0'), device: 'device2' }, height - 117);
  }
  return report;
}

describe('the report of a stack', () => {
  it('counts shares, rejections and blocks by device', () => {
    expect(busyReport().summary(12.3456)).toEqual({
      event: 'summary',
      blocks: 20,
      height: 140,
      shares_accepted: 3,
      shares_rejected: 1,
      devices: [
        { name: 'device1', protocol: 'sv2', shares_accepted: 3 },
        { name: 'device2', protocol: 'sv1', shares_accepted: 0 },
      ],
      hops: [],
      seconds: 12.346,
    });
  });
});

describe('devices that are not its own', () => {
  it('are counted by name up to a limit, and together from there on', () => {
    const report = new StackReport([]);
    for (let guest = 0; guest < MAX_GUESTS + 3; guest++)
      report.apply({ event: 'share_accepted', device: `guest${guest}`, count: 1 }, 1);
    expect(report.devices.size).toBe(MAX_GUESTS + 1);
    expect(report.devices.get('others')?.sharesAccepted).toBe(3);
    expect(report.sharesAccepted).toBe(MAX_GUESTS + 3);
  });
});

describe('the live view', () => {
  const state = {
    report: busyReport(),
    topology: 'full',
    seconds: 83,
    hashesPerSecond: 1_234_567,
    hops: [{ role: 'translator', shares_in: 9, shares_forwarded: 5, shares_acknowledged: 4 }],
    warnings: ['node away'],
  };

  it('shows roles, keys, hashrate, shares and the newest block first', () => {
    const screen = renderScreen(state, { columns: 120, rows: 40 }).join('\n');
    expect(screen).toContain(
      `pool               127.0.0.1:3333\n                   stratum2+tcp://127.0.0.1:3333/${KEY}\n`,
    );
    expect(screen).toContain('hashrate 1.23 MH/s');
    expect(screen).toContain('3 accepted   1 rejected (stale-share 1)');
    expect(screen.indexOf(' 140 ')).toBeLessThan(screen.indexOf(' 139 '));
    expect(screen).toContain('through translator 9 in   5 forwarded   4 acknowledged');
    expect(screen).toMatch(/device2 +sv1 +0 accepted +1 rejected +20 blocks/);
    expect(screen).toContain('! node away');
  });

  it.each([
    [120, `                   stratum2+tcp://127.0.0.1:3333/${KEY}`],
    [84, `  stratum2+tcp://127.0.0.1:3333/${KEY}`],
    [80, `                   ${KEY}`],
    [60, `  ${KEY}`],
  ])('shows keys whole on %d columns', (columns, line) => {
    expect(renderScreen(state, { columns, rows: 40 })).toContain(line);
  });

  for (const size of [
    { columns: 40, rows: 10 },
    { columns: 80, rows: 24 },
    { columns: 200, rows: 60 },
  ]) {
    it(`stays within ${size.columns} columns and ${size.rows} rows`, () => {
      const lines = renderScreen(state, size);
      expect(lines.length).toBeLessThan(size.rows);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(size.columns);
    });
  }
});

describe('figures', () => {
  it.each([
    [0, '0s'],
    [59.9, '59s'],
    [187, '3m07s'],
    [3720, '1h02m'],
  ])('%d seconds are %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it.each([
    [0, '0 H/s'],
    [999, '999 H/s'],
    [123_456, '123 kH/s'],
    [1.5e12, '1.50 TH/s'],
  ])('%d hashes per second are %s', (rate, text) => expect(formatHashrate(rate)).toBe(text));

  it('measures hashrate over the last minute, and over less at the start', () => {
    const meter = new HashrateMeter();
    meter.add(1_000, 1);
    expect(meter.read(10)).toBe(100);
    meter.add(6_000, 30);
    expect(meter.read(60)).toBeCloseTo(7_000 / 60);
    expect(meter.read(75)).toBe(100);
    expect(meter.read(200)).toBe(0);
  });
});
