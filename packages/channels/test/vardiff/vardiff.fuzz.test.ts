import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Judgement, judge } from './table.ts';

const SEEDS = 250;
const MAX_FLOOD_MS = 30_000;
const WANTED_STEADY_PERCENT = 97;
const PAGE = fileURLToPath(new URL('../../../../docs/vardiff.md', import.meta.url));

describe('vardiff over many seeds', () => {
  const posterior = judge('posterior', SEEDS);
  const classic = judge('classic', SEEDS);

  it.each(posterior.figures)('$row: $check', ({ percent, wantedPercent }) => {
    expect(percent).toBeGreaterThanOrEqual(wantedPercent);
  });

  it('holds the steady rate', () => {
    expect(posterior.steadyPercent).toBeGreaterThanOrEqual(WANTED_STEADY_PERCENT);
  });

  it('stops every flood', () => {
    expect(posterior.longestFloodMs).toBeLessThanOrEqual(MAX_FLOOD_MS);
  });

  it('has its page (vitest -u writes it)', async () => {
    await expect(page(posterior, classic)).toMatchFileSnapshot(PAGE);
  });
});

function page(posterior: Judgement, classic: Judgement): string {
  const rows = posterior.figures.map(
    ({ row, check, wantedPercent, percent }, index) =>
      `| ${row} | ${check} | ${wantedPercent} % | ${percent.toFixed(1)} % | ${classic.figures[index]!.percent.toFixed(1)} % |`,
  );
  const seconds = ({ longestFloodMs }: Judgement) => `${(longestFloodMs / 1000).toFixed(1)} s`;
  const steady = ({ steadyPercent }: Judgement) => `${steadyPercent.toFixed(1)} %`;
  return `# Vardiff

Written by \`packages/channels/test/vardiff/vardiff.fuzz.test.ts\`; do not edit.

One algorithm, \`Vardiff\` of \`@stratumkit/channels\`, keeps the share rate of every channel near \`shares_per_minute\`. It keeps a
distribution over hashrates on a logarithmic grid (eighths of an octave, 12 octaves either way). Accepted shares are a Poisson
process: n shares, where a hashrate of 1 leads to e expected ones, multiply the weight of hashrate h by h^n e^(-h e). Between
looks a little weight is spread over the whole grid, since a hashrate may change at any time.

- While the distribution is wide it *searches*: the target is up to 4 times easier than wanted, to learn faster, for 3.5 minutes
  at most. Too many shares teach enough by themselves, so the rate is not raised further then.
- Once it is narrow it holds still, and moves only for a clear reason: the median is off by 10 % (at most every 4 minutes), four
  fifths of the belief agree on 15 %, or the hashrate is lost altogether.
- It looks every 5 seconds, and at once when shares come in a burst; retargets are 10 seconds apart, 2 against a flood.
- A silence may also be a device that was stopped: the target gets at most 8 times easier at once, and not again within 20 seconds
  unless a share shows that the last target was taken up. Added to the 20 is what the client was seen to take for a switch, up to 30.
- A share of an earlier target proves that the client has mined for that one until now, and counts as such, unless it has had one
  of a later target already: devices may go on with an old job. No refused share has any influence.
- Decisions use additions, multiplications and divisions of doubles only, so they are the same on every machine.

## Judged over ${SEEDS} seeds

6 shares a minute wanted. The rate that is judged is the *expected* one: true hashrate times the probability of the target. Steps
come after 30 quiet minutes; a device goes on with its old target for 0.2 seconds. "Classic" is the algorithm of the reference
implementation on the same seeds.

| case | within | wanted | here | classic |
|---|---|---:|---:|---:|
${rows.join('\n')}
| steady for an hour | part of all time within 30 % | ${WANTED_STEADY_PERCENT} % | ${steady(posterior)} | ${steady(classic)} |
| all of them | longest time above 10 times the wanted rate | ${MAX_FLOOD_MS / 1000} s | ${seconds(posterior)} | ${seconds(classic)} |
`;
}
