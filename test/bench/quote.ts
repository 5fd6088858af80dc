// How many quotes a second the quote function answers, and how long the slowest take, beside a bare function; that its
// quick answers promise no more than the exact ones; and what came of a season's quotes.
import { decodeWire } from '../../shared/contracts/decode-body.ts';
import type { QuoteAnswer, QuoteRequestWire } from '../../shared/contracts/quotes.ts';
import * as validators from '../../shared/contracts/validators.generated.js';
import { openQuoteMarket } from '../../shared/quoting/quote-market.ts';
import { quoteRequest } from '../../shared/quoting/quote-request.ts';
import type { BenchOptions } from './bench.ts';
import type { BenchResult, Figure } from './figure.ts';
import { median } from './median.ts';
import { HTTP_NOTE, measureHttp } from './quote-http.ts';
import { NOW_MS, drawMarkets, drawRequests, type QuoteInstance } from './quote-instances.ts';
import { SEASON_NOTE, seasonFigures } from './season.ts';
import { seasonShapes } from './season-shapes.ts';
import { UsageError } from './usage-error.ts';

const ROUNDS = 5;
const HELD_ROUNDS = 2;
/** Requests that are also quoted exactly. */
const COMPARED = 100;

const JUDGED: QuoteInstance = {
  name: '6 markets of 1,000 lines',
  seed: 1,
  markets: 6,
  segments: 8,
  surfaces: 4,
  days: 30,
  lines: 1_000,
  load: 0.8,
  softHolds: 0,
  hasListeners: true,
};
/** What is likely to be slow, for comparison. */
const HELD: QuoteInstance = {
  ...JUDGED,
  name: 'two of those with 20 soft holds each',
  seed: 2,
  markets: 2,
  softHolds: 20,
};
/** What is likely to be promised twice. */
const FULL: QuoteInstance = { ...JUDGED, name: 'two nearly full markets', seed: 3, markets: 2, load: 0.95 };

export async function run({ rounds = ROUNDS, own = {} }: BenchOptions): Promise<BenchResult> {
  const seed = typeof own['seed'] === 'string' ? Number(own['seed']) : JUDGED.seed;
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed takes a whole number, not ${own['seed']}`);
  const judged = { ...JUDGED, seed };
  return {
    figures: [
      ...(await measureHttp(judged, rounds, true)),
      ...(await measureHttp(HELD, Math.min(HELD_ROUNDS, rounds), false)),
      ...[judged, HELD, FULL].flatMap(promisesOf),
      ...seasonFigures(seasonShapes.usual, seed),
    ],
    notes: [
      [
        `A market: ${JUDGED.segments} x ${JUDGED.surfaces} cells, ${JUDGED.days} days with listeners, spread of errors and clicks, lines sold for ${JUDGED.load} of its clicks, of`,
        'one to three segments and surfaces and 2 to 14 days. A request: one to four segments, one to three surfaces, 2 to 14 days, in one',
        'market or, one in four, in two or three; one in five asks for a goal. Medians of rounds.',
      ].join('\n'),
      HTTP_NOTE,
      `Promises: ${COMPARED} requests quoted quickly and exactly; what of each part can be had is compared.`,
      SEASON_NOTE,
    ],
  };
}

/** How often a quick quote promises more than an exact one, and how much of it. */
function promisesOf(instance: QuoteInstance): Figure[] {
  console.error(`${instance.name}: quick and exact`);
  const markets = new Map(drawMarkets(instance).map((view) => [view.market.market, openQuoteMarket(view, NOW_MS)]));
  const quote = (wire: QuoteRequestWire, isExact: boolean): QuoteAnswer => {
    const request = decodeWire<QuoteRequestWire>(validators.quoteRequest, wire);
    const own = new Map([...markets].filter(([name]) => request.subcampaigns.some(({ market }) => market === name)));
    return quoteRequest(request, own, { nowMs: NOW_MS, isExact, trackRecordOf: () => ({ quotes: 0 }) });
  };
  const pairs = drawRequests(instance, COMPARED).flatMap((wire) => {
    const exact = quote(wire, true).parts.map(({ availableMicros }) => availableMicros);
    return quote(wire, false).parts.map(({ availableMicros }, index) => ({
      quick: availableMicros,
      exact: exact[index] as number,
    }));
  });
  const isTooMuch = ({ quick, exact }: { quick: number; exact: number }) => quick > exact * (1 + 1e-9) + 1;
  return [
    {
      name: `${instance.name}: quick answers that promise more than exact ones`,
      measured: pairs.filter(isTooMuch).length,
      unit: 'parts',
      bar: { atMost: 0 },
    },
    {
      name: `${instance.name}: quick availability over exact`,
      measured: median(pairs.filter(({ exact }) => exact > 0).map(({ quick, exact }) => quick / exact)),
      unit: 'ratio',
    },
  ];
}
