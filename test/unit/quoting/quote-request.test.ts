import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { checkQuote } from '../../../shared/contracts/check-quote.ts';
import { QuoteAnswer, type QuoteRequest } from '../../../shared/contracts/quotes.ts';
import { openQuoteMarket, type QuoteMarket } from '../../../shared/quoting/quote-market.ts';
import { quoteRequest } from '../../../shared/quoting/quote-request.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { SEGMENTS, SURFACES, quoteRequestOf, quoteWorld, type WorldOptions } from '../../support/quote-worlds.ts';

const nowMs = START_MS;
const names = ['SE', 'DE', 'NO'];

function open(seed: number, options: WorldOptions = {}): ReadonlyMap<string, QuoteMarket> {
  return new Map(
    names.map((name, index) => [name, openQuoteMarket(quoteWorld(seed + index, { name, ...options }), nowMs)]),
  );
}

function quote(request: QuoteRequest, markets: ReadonlyMap<string, QuoteMarket>, isExact = false): QuoteAnswer {
  return quoteRequest(request, markets, { nowMs, isExact, trackRecordOf: () => ({ quotes: 0 }) });
}

const world = open(1);

/** Three days of everything in one market. */
const wide: QuoteRequest = {
  requestId: 'r1',
  currency: 'SEK',
  startAtMs: START_MS + DAY_MS,
  endAtMs: START_MS + 4 * DAY_MS,
  objective: 'clicks',
  budgetMicros: 50_000_000,
  subcampaigns: [{ market: 'SE', segments: SEGMENTS, surfaces: SURFACES, clickPriceMicros: 500_000 }],
};

const schemas = resolve(import.meta.dirname, '../../../../shared/adcp');

async function protocolValidator(): Promise<ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  for (const name of ['date', 'uri', 'uri-reference', 'email', 'hostname']) ajv.addFormat(name, true);
  for (const file of (await readdir(schemas, { recursive: true })).filter((name) => name.endsWith('.json'))) {
    ajv.addSchema({ ...(JSON.parse(await readFile(join(schemas, file), 'utf8')) as object), $id: `/schemas/${file}` });
  }
  return ajv.getSchema('/schemas/core/delivery-forecast.json') as ValidateFunction;
}

describe('a quote', () => {
  it('is what its contract says, for any request, in both tiers', () => {
    const validate = new Ajv({ strict: false }).compile(QuoteAnswer);
    const worlds = [world, open(2, { softHolds: 2, load: 1.1, lines: 15 })];
    for (let seed = 0; seed < 60; seed++) {
      const request = quoteRequestOf(seed, { markets: names, isCapped: true });
      const answer = quote(request, worlds[seed % 2] as typeof world, seed % 15 < 2);
      const wire = JSON.parse(JSON.stringify(answer)) as unknown;
      assert(validate(wire), `${seed}: ${JSON.stringify(validate.errors)}`);
    }
  });

  it('carries a forecast that validates against the Ad Context Protocol, for any request', async () => {
    if (!existsSync(schemas)) {
      console.log(`      nothing was validated: there are no schemas in ${schemas}`);
      return;
    }
    const validate = await protocolValidator();
    for (let seed = 0; seed < 60; seed++) {
      const request = quoteRequestOf(seed, { markets: names, isCapped: true });
      const { forecast } = JSON.parse(JSON.stringify(quote(request, world))) as QuoteAnswer;
      assert(validate(forecast), `${seed}: ${JSON.stringify(validate.errors)}`);
    }
    const { forecast } = quote(wide, world);
    assert(!validate({ ...forecast, points: [] }));
  });

  it('matches no less than is possible, and finds no less possible than available', () => {
    const worlds = [0, 1, 2].map((softHolds) => open(softHolds, { softHolds, lines: 20 }));
    for (let seed = 0; seed < 60; seed++) {
      const request = quoteRequestOf(seed, { isCapped: true });
      const { matched, possible, available } = quote(request, worlds[seed % 3] as typeof world);
      for (const measure of ['impressions', 'clicks', 'micros'] as const) {
        for (const side of ['low', 'mid', 'high'] as const) {
          assert(matched[measure][side] + 1 >= possible[measure][side], `${seed} ${measure} ${side}`);
          assert(possible[measure][side] * 1.001 + 1 >= available[measure][side], `${seed} ${measure} ${side}`);
        }
      }
    }
  });

  it('has a rising curve of budgets with the one asked about and the largest sensible one', () => {
    const answer = quote(wide, world);
    const points = answer.forecast['points'] as { budget: number; metrics: { clicks: { mid: number } } }[];
    const budgets = points.map(({ budget }) => budget);
    assert(budgets.includes(50) && budgets.includes(answer.suggestedMaximumMicros / 1e6), `${budgets.join()}`);
    points.slice(1).forEach((point, index) => {
      const before = points[index] as (typeof points)[number];
      assert(point.budget > before.budget && point.metrics.clicks.mid >= before.metrics.clicks.mid);
    });
  });

  it('suggests at most what is spent in full four times in five, and what can be booked', () => {
    for (let seed = 0; seed < 40; seed++) {
      const request = quoteRequestOf(seed);
      const { suggestedMaximumMicros } = quote(request, world);
      if (suggestedMaximumMicros === 0) continue;
      const again = quote({ ...request, budgetMicros: suggestedMaximumMicros }, world);
      assert(again.fullSpendProbability >= 0.79, `${seed}: ${again.fullSpendProbability}`);
      assert.equal(
        again.problems?.find(({ code }) => code === 'SUPPLY_SHORT'),
        undefined,
        `${seed}`,
      );
    }
  });

  it('is near the exact quote and promises no more than that has', () => {
    const markets = open(5, { load: 0.6, isAligned: true });
    for (let seed = 0; seed < 25; seed++) {
      const request = quoteRequestOf(seed);
      const [fast, exact] = [quote(request, markets), quote(request, markets, true)];
      assert(fast.available.micros.mid <= exact.available.micros.mid * 1.02 + 2e6, `${seed}`);
      assert(fast.available.micros.mid >= exact.available.micros.mid * 0.75 - 2e6, `${seed}`);
      assert(fast.parts[0] && exact.parts[0] && fast.parts[0].availableMicros <= exact.parts[0].availableMicros + 1);
      assert.equal(fast.tier, 'fast');
      assert.equal(exact.tier, 'exact');
    }
  });
});

describe('a quick quote', () => {
  it('promises no more than the exact one to who is shown to a listener so often only, of any audience', () => {
    const markets = open(5, { load: 0.3, isAligned: true });
    for (let seed = 0; seed < 25; seed++) {
      const asked = quoteRequestOf(seed);
      const caps = [{ perListenerDay: 1 }, { perListenerFlight: 2 }, { perListenerDay: 2, perListenerFlight: 3 }];
      const request = {
        ...asked,
        subcampaigns: asked.subcampaigns.map((part) => ({ ...part, ...(caps[seed % 3] as object) })),
      };
      const [fast, exact] = [quote(request, markets), quote(request, markets, true)];
      fast.parts.forEach(({ availableMicros }, part) => {
        const most = (exact.parts[part] as { availableMicros: number }).availableMicros;
        assert(availableMicros <= most + 1, `${seed}: ${availableMicros} of ${most}`);
      });
    }
  });
});

describe('a quick quote of a market whose lines begin and end at very many instants', () => {
  it('promises no more than the exact one, which rounds their flights', () => {
    const view = quoteWorld(3, { load: 0.6, lines: 400, days: 24 });
    const markets = new Map([['SE', openQuoteMarket(view, nowMs)]]);
    for (let seed = 0; seed < 20; seed++) {
      const startAtMs = START_MS + (1 + seed) * DAY_MS;
      const request = { ...quoteRequestOf(seed), startAtMs, endAtMs: startAtMs + (1 + (seed % 3)) * DAY_MS };
      const [fast, exact] = [quote(request, markets), quote(request, markets, true)];
      fast.parts.forEach(({ availableMicros }, part) => {
        const most = (exact.parts[part] as { availableMicros: number }).availableMicros;
        assert(availableMicros <= most + 1, `${seed}: ${availableMicros} of ${most}`);
      });
    }
  });
});

describe('the name of a quote', () => {
  it('is the same for the same request of the same state, in whatever order its fields are, and whoever asks', () => {
    const { quoteId } = quote(wide, world);
    const turned = Object.fromEntries(Object.entries(wide).reverse()) as unknown as QuoteRequest;
    assert.equal(quote({ ...turned, requestId: 'r2' }, world).quoteId, quoteId);
    assert.equal(quote(wide, open(1)).quoteId, quoteId);
  });

  it('is another for another budget, another book and the other tier', () => {
    const view = quoteWorld(1, { name: 'SE' });
    const moved = openQuoteMarket({ ...view, market: { ...view.market, bookVersion: 4 } }, nowMs);
    const ids = [
      quote(wide, world),
      quote({ ...wide, budgetMicros: 50_000_001 }, world),
      quote(wide, new Map([...world, ['SE', moved]])),
      quote(wide, world, true),
    ].map(({ quoteId }) => quoteId);
    assert.equal(new Set(ids).size, 4);
  });
});

describe('a goal', () => {
  for (const kind of ['reach', 'clicks', 'conversions'] as const) {
    for (const isExact of [false, true]) {
      it(`of ${kind} is given the least budget whose middle reaches it${isExact ? ', exactly' : ''}`, () => {
        for (const share of [0.1, 0.5, 0.75]) {
          const { budgetMicros: _, ...terms } = wide;
          const most = pointAt(quote({ ...wide, budgetMicros: 1e12 }, world, isExact), 1e12);
          const amount = Math.ceil(share * most[kind]);
          const answer = quote({ ...terms, goal: { kind, amount } }, world, isExact);
          assert.equal(answer.problems, undefined);
          const reached = pointAt(answer, answer.budgetMicros)[kind];
          assert(reached >= amount - 1 && reached <= amount * 1.02 + 2, `${reached} for ${amount}`);
        }
      });
    }
  }

  it('that is out of reach is given the most with a problem', () => {
    const { budgetMicros: _, ...terms } = wide;
    const answer = quote({ ...terms, goal: { kind: 'clicks', amount: 1e9 } }, world);
    assert(answer.budgetMicros > 0);
    assert(
      answer.problems?.some(({ code, reason }) => code === 'SUPPLY_SHORT' && reason.includes('1000000000 clicks')),
    );
  });
});

function pointAt(
  { forecast }: QuoteAnswer,
  budgetMicros: number,
): { reach: number; clicks: number; conversions: number } {
  const points = forecast['points'] as { budget: number; metrics: Record<string, { mid: number }> }[];
  const point = points.find(({ budget }) => budget === budgetMicros / 1e6);
  assert(point);
  const mid = (name: string) => point.metrics[name]?.mid ?? NaN;
  return { reach: mid('reach'), clicks: mid('clicks'), conversions: mid('conversions') };
}

describe('what if', () => {
  it('is what asking anew would say', () => {
    const changes = [
      { name: 'later', startAtMs: START_MS + 3 * DAY_MS, endAtMs: START_MS + 7 * DAY_MS },
      { name: 'fewer', segments: ['fans'], surfaces: ['home'] },
      { name: 'more', budgetMicros: 90_000_000 },
    ];
    const { whatIf = [] } = quote({ ...wide, whatIf: changes }, world);
    assert.equal(whatIf.length, 3);
    for (const [index, { name, segments, surfaces, ...terms }] of changes.entries()) {
      const subcampaigns = wide.subcampaigns.map((part) => ({ ...part, ...(segments && { segments, surfaces }) }));
      const anew = quote({ ...wide, ...terms, subcampaigns }, world);
      const found = whatIf[index];
      assert(found);
      assert.equal(found.name, name);
      for (const field of [
        'budgetMicros',
        'fullSpendProbability',
        'suggestedMinimumMicros',
        'suggestedMaximumMicros',
      ] as const)
        assert.equal(found[field], anew[field], `${name} ${field}`);
      assert.equal(found.clicks.mid, pointAt(anew, anew.budgetMicros).clicks);
    }
  });
});

describe('contention', () => {
  it('names cells and shares, never who has them', () => {
    const markets = open(9, { load: 1.3, lines: 40, isAligned: true });
    const answer = quote({ ...wide, endAtMs: START_MS + 6 * DAY_MS }, markets);
    assert(answer.contention.length > 0);
    for (const cell of answer.contention) {
      assert.deepEqual(Object.keys(cell).sort(), ['fromAt', 'market', 'segment', 'soldShare', 'surface', 'toAt']);
      assert(cell.soldShare >= 0.9 && cell.soldShare <= 1);
    }
    const text = JSON.stringify(answer);
    for (const page of markets.get('SE')?.view.pages ?? [])
      for (const { campaignId, tenantId } of page.entries)
        assert(!text.includes(`"${campaignId}"`) && !text.includes(`"${tenantId}"`));
  });

  it('is not where nothing is sold', () => {
    assert.deepEqual(quote(wide, open(9, { lines: 0 })).contention, []);
  });
});

describe('what cannot be booked', () => {
  const codesOf = (request: QuoteRequest, isExact = false) =>
    (quote(request, world, isExact).problems ?? []).map(({ code }) => code);
  const [part] = wide.subcampaigns as [QuoteRequest['subcampaigns'][number]];

  for (const isExact of [false, true]) {
    const tier = isExact ? 'exactly' : 'quickly';
    it(`is said with the reason of a booking, ${tier}`, () => {
      assert.deepEqual(codesOf(wide, isExact), []);
      assert.deepEqual(codesOf({ ...wide, startAtMs: START_MS - 2 * DAY_MS, endAtMs: START_MS - DAY_MS }, isExact), [
        'FLIGHT_ENDED',
      ]);
      const late = { startAtMs: START_MS + 20 * DAY_MS, endAtMs: START_MS + 22 * DAY_MS };
      assert.deepEqual(codesOf({ ...wide, ...late }, isExact), ['SUPPLY_UNKNOWN']);
      assert.deepEqual(codesOf({ ...wide, subcampaigns: [{ ...part, market: 'XX' }] }, isExact), ['SUPPLY_UNKNOWN']);
      assert.deepEqual(codesOf({ ...wide, budgetMicros: 1e13 }, isExact), ['SUPPLY_SHORT']);
      const floors = [
        { ...part, floorMicros: 30_000_000 },
        { ...part, market: 'DE', floorMicros: 40_000_000 },
      ];
      const { problems } = quote({ ...wide, subcampaigns: floors }, world, isExact);
      assert.deepEqual(
        problems?.map(({ code }) => code),
        ['FLOORS_INFEASIBLE'],
      );
      assert.match(problems?.[0]?.reason ?? '', /70000000/);
      const locks = floors.map(({ floorMicros, ...own }) => ({ ...own, lockMicros: floorMicros }));
      assert.deepEqual(codesOf({ ...wide, subcampaigns: locks }, isExact), ['LOCKS_INFEASIBLE']);
    });
  }

  it('has an answer all the same, with nothing in it', () => {
    const answer = quote({ ...wide, subcampaigns: [{ ...part, segments: ['nobody'] }] }, world);
    assert.deepEqual(answer.matched.clicks, { low: 0, mid: 0, high: 0 });
    assert.equal(answer.fullSpendProbability, 0);
    assert.deepEqual(
      answer.problems?.map(({ code }) => code),
      ['SUPPLY_SHORT'],
    );
  });
});

describe('soft holds', () => {
  it('are confirmed or not, in cases with weights: less is sure, and the same may still be had', () => {
    const view = quoteWorld(4, { lines: 0, softHolds: 1 });
    const [hold] = view.pages[0]?.holds ?? [];
    assert(hold);
    const taken = { ...hold, startAtMs: wide.startAtMs, endAtMs: wide.endAtMs, segments: SEGMENTS, surfaces: SURFACES };
    const heldMicros = Math.round(
      0.7 * quote(wide, new Map([['SE', openQuoteMarket(quoteWorld(4, { lines: 0 }), nowMs)]])).available.micros.low,
    );
    const withHold = (probability?: number) => {
      const { probability: _, ...firm } = { ...taken, clickPriceMicros: 500_000, budgetMicros: heldMicros };
      const [page] = view.pages as [(typeof view.pages)[number]];
      const holds = [{ ...firm, ...(probability === undefined ? {} : { probability }) }];
      return quote(wide, new Map([['SE', openQuoteMarket({ ...view, pages: [{ ...page, holds }] }, nowMs)]]));
    };
    const [none, some, all] = [withHold(0), withHold(0.5), withHold()];
    assert(all.available.clicks.mid < 0.6 * none.available.clicks.mid);
    assert.deepEqual(some.possible, none.possible);
    const budgetMicros = Math.round(none.available.micros.low * 0.9);
    const [free, drawn, gone] = [0, 0.5, undefined].map((probability) => fullSpendAt(budgetMicros, probability)) as [
      number,
      number,
      number,
    ];
    assert(gone < free - 0.5, `${gone} of ${free}`);
    assert(Math.abs(drawn - (free + gone) / 2) < 0.1, `${drawn} between ${gone} and ${free}`);
    assert(some.available.clicks.low < 0.8 * none.available.clicks.low);
    assert(some.available.clicks.high > 0.9 * none.available.clicks.high);
    function fullSpendAt(budgetMicros: number, probability: number | undefined): number {
      const [page] = view.pages as [(typeof view.pages)[number]];
      const { probability: _, ...firm } = { ...taken, clickPriceMicros: 500_000, budgetMicros: heldMicros };
      const holds = [{ ...firm, ...(probability === undefined ? {} : { probability }) }];
      const markets = new Map([['SE', openQuoteMarket({ ...view, pages: [{ ...page, holds }] }, nowMs)]]);
      return quote({ ...wide, budgetMicros }, markets).fullSpendProbability;
    }
  });
});

describe('a request that makes no sense', () => {
  const { budgetMicros: _, ...unfunded } = wide;
  const [part] = wide.subcampaigns as [QuoteRequest['subcampaigns'][number]];
  const cases: [string, QuoteRequest, RegExp][] = [
    ['neither budget nor goal', unfunded, /budgetMicros or \/goal/],
    ['both', { ...wide, goal: { kind: 'clicks', amount: 10 } }, /must not both/],
    ['an end before its start', { ...wide, endAtMs: wide.startAtMs }, /endAt must be after/],
    ['a flight of 32 days', { ...wide, endAtMs: wide.startAtMs + 32 * DAY_MS }, /at most 31 days/],
    [
      '16 markets',
      { ...wide, subcampaigns: Array.from({ length: 16 }, (_, at) => ({ ...part, market: `M${at}` })) },
      /at most 15/,
    ],
    [
      'custom pacing without a curve',
      { ...wide, subcampaigns: [{ ...part, pacing: 'custom' }] },
      /subcampaigns\/0\/spendCurve/,
    ],
    ['a lock and a cap', { ...wide, subcampaigns: [{ ...part, lockMicros: 5, capMicros: 6 }] }, /has a lock/],
    [
      'a floor above its cap',
      { ...wide, subcampaigns: [{ ...part, floorMicros: 7, capMicros: 6 }] },
      /floorMicros must not/,
    ],
    [
      'a daily cap below a click',
      { ...wide, subcampaigns: [{ ...part, dailyCapMicros: 7 }] },
      /dailyCapMicros must pay/,
    ],
    [
      'two parts of one name',
      {
        ...wide,
        subcampaigns: [
          { ...part, subcampaignId: 'a' },
          { ...part, subcampaignId: 'a' },
        ],
      },
      /subcampaigns\/1\/subcampaignId/,
    ],
    ['two changes of one name', { ...wide, whatIf: [{ name: 'a' }, { name: 'a' }] }, /whatIf\/1\/name/],
    [
      'a change to a flight that ends before it starts',
      { ...wide, whatIf: [{ name: 'a', endAtMs: START_MS }] },
      /whatIf\/0\/endAt/,
    ],
  ];
  for (const [name, request, message] of cases)
    it(`is refused with ${name}`, () => {
      assert.throws(() => checkQuote(request), { code: 'INVALID_REQUEST', message });
    });

  it('is no other: all requests of these tests pass', () => {
    checkQuote(wide);
    for (let seed = 0; seed < 50; seed++) checkQuote(quoteRequestOf(seed, { markets: names }));
  });
});
