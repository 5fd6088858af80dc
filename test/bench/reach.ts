// Reach beside listeners who are served one by one; beside laws whose exposures are known exactly; and beside published fits.
import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { reach } from '../../shared/forecasting/reach.ts';
import { slotsFromExposures } from '../../shared/forecasting/slots-from-exposures.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { FAMILIES, exposuresAt, reachOf } from './reach-families.ts';
import { fitExposures, readExposures } from './reach-file.ts';
import { KINDS } from './reach-populations.ts';
import { measureFlights, measureKnownFlights, measureOtherWindow } from './reach-serving.ts';
import { UsageError } from './usage-error.ts';

const DATA = resolve(import.meta.dirname, '../../../shared/data');
const SEEDS = [1, 2, 3, 4, 5, 6, 7];
const LISTENERS = 20_000;
const FLIGHTS = [1, 7, 10, 31];
const OTHER_WINDOWS = [1, 3, 7, 14, 21, 31];

/** Of the negative binomial law, for the billboards (Fader and Hardie). */
const PUBLISHED_LOG_LIKELIHOOD = -649.6888;

/** @throws UsageError for options or files that make no sense */
export async function run({ own = {} }: BenchOptions): Promise<BenchResult> {
  const { file, data } = own as Record<'file' | 'data', string | undefined>;
  if (file !== undefined) {
    if (data !== undefined) throw new UsageError('--file needs no --data');
    return fitFile(file);
  }
  const notes = [NOTE];
  const figures = [...knownFlights(notes), ...otherWindows(), ...flights(), ...families()];
  figures.push(...(await billboard(data ?? DATA, data !== undefined, notes)));
  return { figures, notes };
}

const NOTE = [
  `Synthetic listeners of ${Object.keys(KINDS).length} kinds (test/bench/reach-populations.ts): errors are the worst of all kinds, levels of inventory from 5 to`,
  '100%, caps 1, 2, 3, 5 and none. The simulation itself is known to 0.2%. Other windows are forecast from the ten days',
  'before; commuters are apart: their weeks have another shape than ten days, which a histogram cannot tell.',
  'Mixture: exposures at 20% of the inventory, expected of a million people; bars are the errors of a Poisson mixture on a grid.',
].join('\n');

async function fitFile(path: string): Promise<BenchResult> {
  const fit = fitExposures(await readExposures(path));
  const figures = Object.entries(fit).map(([name, measured]) => ({ name, measured, unit: '' }));
  return {
    figures,
    notes: ['A negative binomial, a Poisson and a mixture law of the exposures, by maximum likelihood.'],
    fields: fit,
  };
}

function knownFlights(notes: string[]): Figure[] {
  console.error('serving listeners one by one');
  const worst = measureKnownFlights(FLIGHTS, LISTENERS);
  notes.push(`The worst reach: ${worst.at} of the inventory.`);
  const bar = { atMost: 0.01 };
  return [
    { name: 'reach, known histogram: error', measured: worst.reach, unit: 'share', bar },
    { name: 'impressions under caps, known histogram: error', measured: worst.impressions, unit: 'share', bar },
    { name: 'frequencies 1 to 3, known histogram: error', measured: worst.frequency, unit: 'of reach', bar },
  ];
}

function otherWindows(): Figure[] {
  console.error('forecasting flights from ten days');
  const kinds = Object.keys(KINDS);
  return OTHER_WINDOWS.flatMap((days) => {
    const usual = measureOtherWindow(
      days,
      2 * LISTENERS,
      kinds.filter((kind) => kind !== 'commuters'),
    );
    const commuters = measureOtherWindow(days, 2 * LISTENERS, ['commuters']);
    const name = `${days} days from 10`;
    return [
      { name: `${name}: uniques, error`, measured: usual.uniques, unit: 'share' },
      { name: `${name}: reach drawn by day, error`, measured: usual.byDay, unit: 'share' },
      { name: `${name}: reach drawn by visit, error`, measured: usual.byVisit, unit: 'share' },
      { name: `${name}: reach drawn by day, error with commuters`, measured: commuters.byDay, unit: 'share' },
    ];
  });
}

function flights(): Figure[] {
  console.error('flying ten-day flights');
  const { planned, once, fixed } = measureFlights(SEEDS, 2 * LISTENERS);
  const mean = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / shares.length;
  return [
    {
      name: 'half of the uniques: delivered, least',
      measured: Math.min(...planned),
      unit: 'of sold',
      bar: { atLeast: 0.99 },
    },
    { name: 'half of the uniques: delivered, most', measured: Math.max(...planned), unit: 'of sold' },
    { name: 'the first plan alone: delivered, least', measured: Math.min(...once), unit: 'of sold' },
    { name: 'the first plan alone: delivered, mean', measured: mean(once), unit: 'of sold' },
    { name: 'one rate for all days: delivered, mean', measured: mean(fixed), unit: 'of sold' },
  ];
}

function families(): Figure[] {
  console.error('fitting exposures');
  return FAMILIES.flatMap(({ name, slots, mixtureErrors }) => {
    const table = exposuresAt(slots, 0.2, 1e6);
    return [true, false].flatMap((everyoneHadSlots) => {
      const fitted = slotsFromExposures(table, { offerRate: 0.2, everyoneHadSlots });
      return [0.4, 0.7, 1].map((level, index) => ({
        name: `${name} at ${100 * level}%, ${everyoneHadSlots ? 'all have slots' : 'nobody knows who has'}: error`,
        measured: Math.abs(reach(fitted, level) / 1e6 / reachOf(slots, level) - 1),
        unit: 'share',
        bar: { atMost: mixtureErrors[index] as number },
      }));
    });
  });
}

/** @param isAsked data that is not there is only missed where nobody asked for it */
async function billboard(data: string, isAsked: boolean, notes: string[]): Promise<Figure[]> {
  const path = join(data, 'reach', 'billboard.csv');
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere && !isAsked) {
    notes.push(`${path} is not there: the published fit of the billboards was not compared with.`);
    return [];
  }
  const fit = fitExposures(await readExposures(path));
  const bar = { atLeast: PUBLISHED_LOG_LIKELIHOOD - 0.1 };
  return [
    { name: 'billboards: negative binomial', measured: fit.nbdLogLikelihood, unit: 'log-likelihood', bar },
    { name: 'billboards: mixture', measured: fit.mixtureLogLikelihood, unit: 'log-likelihood', bar },
    { name: 'billboards: Poisson', measured: fit.poissonLogLikelihood, unit: 'log-likelihood' },
  ];
}
