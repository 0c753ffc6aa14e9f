import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Judgement, judge, judged, tracesOf } from '../packages/channels/test/vardiff/table.ts';
import { percentKnowable, runTold, WIDENED, WITHIN_ROUNDING } from '../packages/roles/test/translator/toldTable.ts';

const SEEDS = 250;
const MAX_FLOOD_MS = 30_000;
const WANTED_STEADY_PERCENT = 97;
const KNOWN_SHARES = [30, 50, 75, 100, 150, 300];
const PAGE = fileURLToPath(new URL('../docs/vardiff.md', import.meta.url));

describe('vardiff over many seeds', () => {
  const posterior = judge('posterior', SEEDS);
  const classic = judge('classic', SEEDS);
  const toldTraces = tracesOf(runTold, SEEDS);
  const widened = judged(WIDENED, toldTraces);
  const told: Told = { widened, rounded: judged(WITHIN_ROUNDING, toldTraces) };

  it.each(posterior.figures)('$row: $check', ({ percent, wantedPercent }) => {
    expect(percent).toBeGreaterThanOrEqual(wantedPercent);
  });

  it('holds the steady rate', () => {
    expect(posterior.steadyPercent).toBeGreaterThanOrEqual(WANTED_STEADY_PERCENT);
  });

  it('stops every flood', () => {
    expect(posterior.longestFloodMs).toBeLessThanOrEqual(MAX_FLOOD_MS);
  });

  it.each(widened.figures)(
    '$row: $check, widened by the rounding of SV1 difficulties',
    ({ percent, wantedPercent }) => {
      expect(percent).toBeGreaterThanOrEqual(wantedPercent);
    },
  );

  it('stops every flood of an SV1 miner', () => {
    expect(widened.longestFloodMs).toBeLessThanOrEqual(MAX_FLOOD_MS);
  });

  it('has its page (vitest -u writes it)', async () => {
    await expect(page(posterior, classic, told)).toMatchFileSnapshot(PAGE);
  });
});

interface Told {
  readonly widened: Judgement;
  readonly rounded: Judgement;
}

function page(posterior: Judgement, classic: Judgement, told: Told): string {
  const rows = posterior.figures.map(
    ({ row, check, wantedPercent, percent }, index) =>
      `| ${row} | ${check} | ${wantedPercent} % | ${percent.toFixed(1)} % | ${classic.figures[index]!.percent.toFixed(1)} % |`,
  );
  const toldRows = told.widened.figures.map(
    ({ row, check, wantedPercent, percent }, index) =>
      `| ${row} | ${check} | ${wantedPercent} % | ${percent.toFixed(1)} % | ${check.startsWith('fewer') ? '' : `${told.rounded.figures[index]!.percent.toFixed(1)} %`} |`,
  );
  const knowable = KNOWN_SHARES.map((shares) => `| ${shares} | ${percentKnowable(shares).toFixed(1)} % |`);
  const seconds = ({ longestFloodMs }: Judgement) => `${(longestFloodMs / 1000).toFixed(1)} s`;
  const steady = ({ steadyPercent }: Judgement) => `${steadyPercent.toFixed(1)} %`;
  return `# Vardiff

Written by \`test/vardiff.fuzz.test.ts\`; do not edit.

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

## Behind difficulties that are powers of two

SV1 miners are told whole powers of two from difficulty 1 up (below it the exact figure), and judged by them. The translator's
\`MinerDifficulty\` in the same cases, with hashrates at every place between two powers:

| case | within | wanted | bands wider by 1.5 | within a factor of 1.5 |
|---|---|---:|---:|---:|
${toldRows.join('\n')}
| all of them | longest time above 10 times the wanted rate | ${MAX_FLOOD_MS / 1000} s | ${seconds(told.widened)} | |

"Bands wider by 1.5" is what the table above asks for, with a factor of 1.5 more for the rounding either way. "Within a factor of 1.5"
leaves nothing for the estimate where a hashrate lies half-way: the nearest power is off by 1.41 there, the other one too, and a
little beside the middle the other one is off by more than 1.5. No algorithm knows which one is nearer before it has seen enough
shares. With nothing but so many of them, this part of all miners can be told one within a factor of 1.5:

| shares expected | of all miners |
|---:|---:|
${knowable.join('\n')}

At 6 a minute 5 minutes have 30, and 50 to 75 with the search. So what remains is not the rounding's choice but the share rate. A search
goes on for longer here, up to 2.5 minutes at 2 to 4 times the wanted rate; a target that was told stays until the wanted one is off by a
factor of 1.5, which leaves at most a few changes an hour.
`;
}
