// What pacing makes of a day of opportunities, beside the best in hindsight and beside what others do; what late clicks cost it;
// how closely it keeps to a spend curve. Or the decisions for one log from a file.
import { createRandom } from '../../emulators/world/random.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { playLateClicks, type LateClicks, type LateClicksResult } from './pacing-clicks.ts';
import { pacerOf, readLog, writeDecisions } from './pacing-file.ts';
import { ownHours, yesterday } from './pacing-foresight.ts';
import { createPacer, type Pacer } from './pacing-pacer.ts';
import { bestInHindsight, playLog } from './pacing-play.ts';
import { auctionNetRule, linkedinThrottle, mirrorDescent } from './pacing-rivals.ts';
import { DAY_MINUTES, drawLog, standardWorld, stationaryWorld, totalOf, type OpportunityLog } from './pacing-world.ts';
import { UsageError } from './usage-error.ts';

const SEEDS = 12;
const SHARES = [
  { share: 0.1, warm: 0.99, cold: 0.94 },
  { share: 0.3, warm: 0.992, cold: 0.97 },
];
const LEAST_WARM = 0.98;
const WRONG = 3;
const REGRET = {
  exponent: 0.55,
  sizes: [1e3, 3162, 1e4, 31_623, 1e5, 316_228, 1e6],
  opportunities: 1e6,
  mostSeeds: 24,
};
const NEAR = 0.05;
const LATE = [
  { clicks: 200, campaigns: 30, bar: 0.02 },
  { clicks: 2000, campaigns: 6, bar: 0.006 },
];
const RATE_FACTORS = [0.7, 1, 1.3];

export async function run({ own = {} }: BenchOptions): Promise<BenchResult> {
  if (own['log'] !== undefined) return paceFile(own);
  for (const name of ['budget', 'history', 'out']) {
    if (own[name] !== undefined) throw new UsageError(`--${name} belongs to --log FILE`);
  }
  return {
    figures: [...valueFigures(), regretFigure(), ...lateFigures()],
    notes: [
      `Value over the fractional knapsack in hindsight, ${SEEDS} days of 40,000 opportunities; money for a tenth and for three tenths of what all would cost.`,
      'Warm knows the log of the day before; cold knows no traffic, no hours and no prices, and starts from a threshold three times too high or too low.',
      `Late clicks: 60 minutes in the mean, log-normal; true clicks ${RATE_FACTORS.join(', ')} times the predicted ones; leases, accrual, curve, live price and trim are those that ship.`,
    ],
  };
}

async function paceFile(own: Readonly<Record<string, string | boolean>>): Promise<BenchResult> {
  const budget = own['budget'] === undefined || own['budget'] === '' ? NaN : Number(own['budget']);
  if (!(budget >= 0 && budget < Infinity)) {
    throw new UsageError(
      `--budget takes an amount of 0 or more in the units of price, not ${String(own['budget'] ?? 'nothing')}`,
    );
  }
  const log = await readLog(own['log'] as string);
  const history = own['history'] === undefined ? undefined : await readLog(own['history'] as string);
  const played = playLog(log, budget, pacerOf(log.minute[0] as number, budget, history));
  if (own['out'] !== undefined) await writeDecisions(own['out'] as string, log, played);
  const best = bestInHindsight(log, budget).value;
  const ratio = best > 0 ? played.value / best : 1;
  const won = played.won.reduce((sum, isWon) => sum + isWon, 0);
  return {
    figures: [
      { name: 'value over the best in hindsight', measured: ratio, unit: 'share' },
      { name: 'spent', measured: played.spent, unit: 'money' },
      { name: 'won', measured: won, unit: `of ${log.value.length}` },
    ],
    notes: [
      history
        ? 'The flight is as long as the log of before.'
        : 'Cold: the flight is taken to last a day from its first minute; nothing else is known before it comes.',
    ],
    fields: { value: played.value, best, ratio, spent: played.spent, won },
  };
}

function valueFigures(): Figure[] {
  return SHARES.flatMap(({ share, warm, cold }) => {
    console.error(`value: ${share} of unconstrained`);
    const values = new Map<string, number[]>();
    const note = (name: string, value: number) => values.set(name, [...(values.get(name) ?? []), value]);
    for (let seed = 0; seed < SEEDS; seed++) {
      const log = drawLog(standardWorld, seed, 'today');
      const before = drawLog(standardWorld, seed, 'yesterday');
      const budget = totalOf(log.price) * share;
      const best = bestInHindsight(log, budget);
      const start = bestInHindsight(before, budget).threshold;
      const pacers: Record<string, Pacer> = {
        warm: createPacer(yesterday(before, 0), budget),
        'cold, start too high': createPacer(ownHours(0, DAY_MINUTES), budget, best.threshold * WRONG),
        'cold, start too low': createPacer(ownHours(0, DAY_MINUTES), budget, best.threshold / WRONG),
        'LinkedIn’s throttle': linkedinThrottle(before, budget, createRandom('throttle', seed)),
        'AuctionNet’s rule, yesterday’s start': auctionNetRule(start, budget),
        'dual mirror descent, yesterday’s start': mirrorDescent(start, budget, log.value.length),
        'dual mirror descent, start too high': mirrorDescent(best.threshold * WRONG, budget, log.value.length),
        'won until the money is out': mirrorDescent(0, budget, 1),
      };
      for (const [name, pacer] of Object.entries(pacers)) note(name, playLog(log, budget, pacer).value / best.value);
    }
    const bars: Record<string, number> = { warm, 'cold, start too high': cold, 'cold, start too low': cold };
    return [...values].flatMap(([name, all]): Figure[] => {
      const bar = bars[name];
      const figure = {
        name: `${name}, ${share * 100}%`,
        measured: mean(all),
        unit: 'share',
        ...(bar ? { bar: { atLeast: bar } } : {}),
      };
      const least = {
        name: `${name}, ${share * 100}%, least`,
        measured: Math.min(...all),
        unit: 'share',
        bar: { atLeast: LEAST_WARM },
      };
      return name === 'warm' ? [figure, least] : [figure];
    });
  });
}

/** The slope of log regret over log size, cold and from a wrong start, on traffic that is the same all day. */
function regretFigure(): Figure {
  const points = REGRET.sizes.map((size) => {
    console.error(`regret: ${size} opportunities`);
    const seeds = Math.max(3, Math.min(REGRET.mostSeeds, Math.round(REGRET.opportunities / size)));
    const regrets = Array.from({ length: seeds }, (_, seed) => {
      const log: OpportunityLog = drawLog({ ...stationaryWorld, opportunities: size }, seed, 'regret', size);
      const budget = totalOf(log.price) * 0.1;
      const best = bestInHindsight(log, budget);
      const pacer = createPacer(ownHours(0, DAY_MINUTES), budget, best.threshold * WRONG);
      return best.value - playLog(log, budget, pacer).value;
    });
    return { x: Math.log(size), y: Math.log(Math.max(1e-9, mean(regrets))) };
  });
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))];
  const slope =
    points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) /
    points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return { name: 'regret grows with T to the power of', measured: slope, unit: '', bar: { atMost: REGRET.exponent } };
}

function lateFigures(): Figure[] {
  const figures = LATE.flatMap(({ clicks, campaigns, bar }): Figure[] => {
    const played = RATE_FACTORS.flatMap((rateFactor) => {
      console.error(`late clicks: ${clicks}, rate ${rateFactor}`);
      return Array.from({ length: campaigns }, (_, seed) => late({ clicks, rateFactor }, seed));
    });
    const over = mean(played.map(({ spentShare }) => Math.max(0, spentShare - 1)));
    const unspent = mean(played.map(({ spentShare }) => Math.max(0, 1 - spentShare)));
    const name = `late clicks, ${clicks}`;
    return [
      { name: `${name}: served over and left unspent`, measured: over + unspent, unit: 'share', bar: { atMost: bar } },
      { name: `${name}: served over`, measured: over, unit: 'share' },
      {
        name: `${name}: billed over budget`,
        measured: Math.max(...played.map(({ billedShare }) => Math.max(0, billedShare - 1))),
        unit: 'share',
        bar: { atMost: 0 },
      },
      {
        name: `${name}: leases that ran out`,
        measured: mean(played.map(({ boundShare }) => boundShare)),
        unit: 'share',
      },
      { name: `${name}: near its curve at every hour`, measured: nearShare(played), unit: 'share' },
    ];
  });
  const curves = (['even', 'front-loaded', 'custom'] as const).flatMap((pacing) => {
    console.error(`spend curve: ${pacing}`);
    return Array.from({ length: 8 }, (_, seed) => late({ clicks: 2000, rateFactor: 1, pacing }, 100 + seed));
  });
  const name = `campaigns within ${NEAR * 100} points of their curve at every hour`;
  return [...figures, { name, measured: nearShare(curves), unit: 'share', bar: { atLeast: 0.95 } }];
}

function late(of: Pick<LateClicks, 'clicks' | 'rateFactor'> & Partial<LateClicks>, seed: number): LateClicksResult {
  return playLateClicks({ delayMinutes: 60, pacing: 'even', ...of }, seed);
}

function nearShare(played: readonly LateClicksResult[]): number {
  return mean(played.map(({ gaps }) => (gaps.every((gap) => Math.abs(gap) <= NEAR) ? 1 : 0)));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
