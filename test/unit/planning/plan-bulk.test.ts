import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRandom } from '../../../emulators/world/random.ts';
import type { BulkCandidate, BulkMarket, BulkPart } from '../../../shared/planning/bundle.ts';
import { planBulk, type BulkMode, type BulkPlan } from '../../../shared/planning/plan-bulk.ts';
import type { LinearSolver } from '../../../shared/planning/exact-allocation.ts';
import type { SoldDemand } from '../../../shared/planning/market-model.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDays } from '../../support/markets.ts';
import { oversold } from '../../../emulators/supply-fit.ts';

const segments = ['a', 'b', 'c'];
const DAYS = 2;
/** Six cells in each market: three segments on two days, of 100 clicks each. */
const supply = supplyDays(DAYS, {
  cells: segments.map((segment) => cell({ segment, q50: 1000, clickPpm: 100_000 })),
});
const PRICE_MICROS = 1_000_000;
const WHOLE_CELL_MICROS = 100 * PRICE_MICROS;
const names = ['SE', 'NO'];

function part(own: Partial<BulkPart> = {}): BulkPart {
  const flight = { startAtMs: START_MS, endAtMs: START_MS + DAY_MS };
  const base = { market: 'SE', segments: ['a'], surfaces: ['home'], clickPriceMicros: PRICE_MICROS, ...flight };
  return { ...base, micros: WHOLE_CELL_MICROS / 2, ...own };
}

function candidate(own: Partial<BulkPart> = {}, weight = 1): BulkCandidate {
  return { parts: [part(own)], weight };
}

function sell({ micros, market: _market, ...demand }: BulkPart): SoldDemand {
  return { ...demand, remainingMicros: micros };
}

function marketsOf(sold: readonly BulkPart[] = []): Map<string, BulkMarket> {
  return new Map(names.map((name) => [name, { sold: sold.filter(({ market }) => market === name).map(sell), supply }]));
}

function plan(candidates: readonly BulkCandidate[], mode: BulkMode, sold: readonly BulkPart[] = []): BulkPlan {
  return planBulk(marketsOf(sold), candidates, mode, START_MS);
}

const parts = fc
  .record({
    market: fc.constantFrom(...names),
    segments: fc.subarray(segments, { minLength: 1 }),
    days: fc.constantFrom([0, 1], [1, 2], [0, 2]),
    clickPriceMicros: fc.constantFrom(500_000, PRICE_MICROS, 1_700_000),
    micros: fc.integer({ min: 1_000_000, max: 2 * WHOLE_CELL_MICROS }),
  })
  .map(({ days: [from, to], ...own }) =>
    part({ ...own, startAtMs: START_MS + (from as number) * DAY_MS, endAtMs: START_MS + (to as number) * DAY_MS }),
  );

const candidatesOf = (maxLength: number) =>
  fc.array(
    fc.record({
      parts: fc.array(parts, { minLength: 1, maxLength: 2 }),
      weight: fc.constantFrom(1, 1, 1, 2, 0.37),
    }),
    { minLength: 1, maxLength },
  );
const books = fc.array(parts, { maxLength: 3 }).filter((sold) => isFit(sold, (one) => one.micros));

/** The cells of a market in which a part flies, as bits. */
function bitsOf({ segments: own, startAtMs, endAtMs }: BulkPart): number {
  let bits = 0;
  for (let day = 0; day < DAYS; day++) {
    const isFlown = startAtMs <= START_MS + day * DAY_MS && endAtMs > START_MS + day * DAY_MS;
    segments.forEach((segment, index) => {
      if (isFlown && own.includes(segment)) bits |= 1 << (day * segments.length + index);
    });
  }
  return bits;
}

/** Every set of cells of every market, with the clicks in it. */
const cellSets = names.flatMap((market) =>
  Array.from({ length: 2 ** (DAYS * segments.length) }, (_, bits) => ({
    market,
    bits,
    clicks: 100 * bits.toString(2).replaceAll('0', '').length,
  })),
);

/** Hall's condition: what can only be served inside a set of cells is no more than it has. */
function isFit(wanted: readonly BulkPart[], microsOf: (one: BulkPart) => number): boolean {
  const lines = wanted.map((one) => ({
    market: one.market,
    bits: bitsOf(one),
    clicks: microsOf(one) / one.clickPriceMicros,
  }));
  return cellSets.every(({ market, bits, clicks }) => {
    const inside = lines.filter((line) => line.market === market && (line.bits & ~bits) === 0);
    return inside.reduce((sum, line) => sum + line.clicks, 0) <= clicks * (1 + 1e-9);
  });
}

function valueOf(candidates: readonly BulkCandidate[], isIn: (index: number) => boolean): number {
  return candidates.reduce(
    (sum, { parts, weight }, index) =>
      sum + (isIn(index) ? weight * parts.reduce((micros, one) => micros + one.micros, 0) : 0),
    0,
  );
}

/** The best value of all subsets that fit. */
function bestByEnumeration(candidates: readonly BulkCandidate[], sold: readonly BulkPart[]): number {
  let best = 0;
  for (let subset = 0; subset < 2 ** candidates.length; subset++) {
    const isIn = (index: number) => ((subset >> index) & 1) === 1;
    const value = valueOf(candidates, isIn);
    if (value <= best) continue;
    const wanted = [...sold, ...candidates.flatMap(({ parts }, index) => (isIn(index) ? parts : []))];
    if (isFit(wanted, (one) => one.micros)) best = value;
  }
  return best;
}

/** The fairest shares by the tightest set of cells, again and again. */
function fairestShares(asked: readonly BulkPart[], sold: readonly BulkPart[]): number[] {
  const shares = asked.map((): number | undefined => undefined);
  const fixed = [...sold.map((one) => ({ one, clicks: one.micros / one.clickPriceMicros }))];
  for (;;) {
    let [least, tight] = [1, [] as number[]];
    for (const { market, bits, clicks } of cellSets) {
      const isInside = (one: BulkPart) => one.market === market && (bitsOf(one) & ~bits) === 0;
      const open = asked.flatMap((one, index) => (isInside(one) && shares[index] === undefined ? [index] : []));
      const wanted = open.reduce((sum, index) => sum + clicksOf(asked[index] as BulkPart), 0);
      const rest = clicks - fixed.reduce((sum, { one, clicks }) => sum + (isInside(one) ? clicks : 0), 0);
      if (open.length > 0 && rest / wanted < least) [least, tight] = [Math.max(0, rest / wanted), open];
    }
    if (tight.length === 0) return shares.map((share) => share ?? 1);
    for (const index of tight) {
      shares[index] = least;
      fixed.push({ one: asked[index] as BulkPart, clicks: least * clicksOf(asked[index] as BulkPart) });
    }
  }
}

function clicksOf({ micros, clickPriceMicros }: BulkPart): number {
  return micros / clickPriceMicros;
}

/** What of a plan does not fit beside what was sold, by the arithmetic of the auditor. */
function oversoldBy(
  { lines }: BulkPlan,
  candidates: readonly BulkCandidate[],
  sold: readonly BulkPart[],
): string | undefined {
  for (const name of names) {
    const wanting = (one: BulkPart, key: string, remainingMicros: number) =>
      one.market === name ? [{ ...one, key, priceMicros: one.clickPriceMicros, remainingMicros }] : [];
    const before = sold.flatMap((one, index) => wanting(one, `sold ${index}`, one.micros));
    const placed = candidates.flatMap(({ parts }, index) =>
      parts.flatMap((one, which) => wanting(one, `${index}/${which}`, lines[index]?.partMicros[which] as number)),
    );
    const wrong = oversold(before, [...before, ...placed], [...supply.values()], START_MS);
    if (wrong !== undefined) return `${name}: ${wrong}`;
  }
  return undefined;
}

/** The value of candidates that may be taken in part, all parts alike: columns are shares, then clicks by part and cell. */
function mostByProgram(solver: LinearSolver, candidates: readonly BulkCandidate[]): number {
  const cells = names.length * DAYS * segments.length;
  const asked = candidates.flatMap(({ parts }) => parts);
  const rowOf = new Map(asked.map((one, index) => [one, cells + index]));
  const columns = [
    ...candidates.map(({ parts, weight }) => ({
      objective: (weight * parts.reduce((sum, { micros }) => sum + micros, 0)) / PRICE_MICROS,
      upper: 1,
      entries: parts.map((one) => [rowOf.get(one) as number, clicksOf(one)] as const),
    })),
    ...asked.flatMap((one) =>
      Array.from({ length: DAYS * segments.length }, (_, bit) => bit)
        .filter((bit) => (bitsOf(one) >> bit) & 1)
        .map((bit) => ({
          objective: 0,
          upper: Infinity,
          entries: [
            [names.indexOf(one.market) * DAYS * segments.length + bit, 1] as const,
            [rowOf.get(one) as number, -1] as const,
          ],
        })),
    ),
  ];
  const entries = columns.flatMap((column) => column.entries);
  const starts = [0];
  for (const column of columns) starts.push((starts.at(-1) as number) + column.entries.length);
  const { objective } = solver.maximise({
    objective: Float64Array.from(columns, (column) => column.objective),
    upper: Float64Array.from(columns, (column) => column.upper),
    rowUpper: Float64Array.from({ length: cells + asked.length }, (_, row) => (row < cells ? 100 : 0)),
    starts: Int32Array.from(starts),
    rows: Int32Array.from(entries, ([row]) => row),
    values: Float64Array.from(entries, ([, value]) => value),
  });
  return objective * PRICE_MICROS;
}

describe('a bulk of requests', () => {
  for (const mode of ['all-or-nothing', 'best-subset', 'scale-down'] as const) {
    it(`is all accepted where all fits: ${mode}`, () => {
      const candidates = [
        candidate(),
        candidate(),
        { parts: [part({ segments: ['b'] }), part({ market: 'NO' })], weight: 2 },
      ];
      const { lines, value } = plan(candidates, mode);
      assert.deepEqual(
        lines.map(({ result, micros, partMicros, code }) => ({ result, micros, partMicros, code })),
        candidates.map(({ parts }) => {
          const partMicros = parts.map(({ micros }) => micros);
          return {
            result: 'accepted',
            micros: partMicros.reduce((sum, one) => sum + one),
            partMicros,
            code: undefined,
          };
        }),
      );
      assert.equal(value, 3 * WHOLE_CELL_MICROS);
    });

    it(`is nothing where nothing is asked: ${mode}`, () => {
      assert.deepEqual(plan([], mode).lines, []);
      assert.equal(plan([{ parts: [], weight: 1 }], mode).lines[0]?.result, 'accepted');
    });

    it(`never oversells: ${mode}`, () => {
      fc.assert(
        fc.property(candidatesOf(6), books, (candidates, sold) => {
          const found = plan(candidates, mode, sold);
          assert.equal(oversoldBy(found, candidates, sold), undefined);
          found.lines.forEach((line, index) => {
            const asked = (candidates[index] as BulkCandidate).parts.map(({ micros }) => micros);
            line.partMicros.forEach((micros, which) =>
              assert(Number.isInteger(micros) && micros >= 0 && micros <= (asked[which] as number)),
            );
            assert.equal(
              line.micros,
              line.partMicros.reduce((sum, one) => sum + one, 0),
            );
            assert.equal(line.result === 'accepted', line.code === undefined);
            assert(line.supplyPrice >= 0);
          });
        }),
        { numRuns: 60, seed: 1 },
      );
    });

    for (const [what, one, message] of [
      ['a weight below nothing', { parts: [], weight: -1 }, /candidate 1 has weight -1/],
      ['a weight that is no number', { parts: [], weight: NaN }, /candidate 1 has weight NaN/],
      ['micros that are not whole', candidate({ micros: 0.5 }), /part 0 of candidate 1 asks for 0.5 micros/],
      ['no micros', candidate({ micros: 0 }), /part 0 of candidate 1 asks for 0 micros/],
      ['a price of nothing', candidate({ clickPriceMicros: 0 }), /part 0 of candidate 1 has a click price of 0/],
      ['a flight that never begins', candidate({ endAtMs: START_MS }), /part 0 of candidate 1 flies from/],
    ] as const) {
      it(`is refused as a whole for ${what}: ${mode}`, () => {
        assert.throws(() => plan([candidate(), one], mode), { code: 'INVALID_PROBLEM', message });
      });
    }
  }
});

describe('all or nothing', () => {
  it('is all exactly where all fits together', () => {
    fc.assert(
      fc.property(candidatesOf(5), books, (candidates, sold) => {
        const { lines } = plan(candidates, 'all-or-nothing', sold);
        const fits = isFit([...sold, ...candidates.flatMap(({ parts }) => parts)], (one) => one.micros);
        assert.deepEqual(new Set(lines.map(({ result }) => result)), new Set([fits ? 'accepted' : 'refused']));
      }),
      { numRuns: 200, seed: 2 },
    );
  });

  it('says of each whether it is short itself, contended, or bundled with what does not fit', () => {
    const { lines, value } = plan(
      [
        candidate({ micros: 2 * WHOLE_CELL_MICROS }),
        candidate(),
        candidate({ segments: ['b'] }),
        candidate({ market: 'NO' }),
        candidate({ market: 'nowhere' }),
      ],
      'all-or-nothing',
    );
    assert.equal(value, 0);
    assert.deepEqual(
      lines.map(({ code }) => code),
      ['SUPPLY_SHORT', 'CONTENDED', 'BUNDLE_SHORT', 'BUNDLE_SHORT', 'SUPPLY_SHORT'],
    );
    assert.equal(lines[1]?.reason, 'supply is there for it alone, not beside the others: 0 of 50000000 micros');
  });
});

describe('the best subset', () => {
  it('is the best of all subsets, and says so', () => {
    fc.assert(
      fc.property(candidatesOf(10), books, (candidates, sold) => {
        const { lines, value, bound } = plan(candidates, 'best-subset', sold);
        const best = bestByEnumeration(candidates, sold);
        assert(Math.abs(value - best) <= 1e-9 * best, `${value}, the best is ${best}`);
        assert.equal(bound, value);
        assert.equal(
          valueOf(candidates, (index) => lines[index]?.result === 'accepted'),
          value,
        );
      }),
      { numRuns: 60, seed: 3 },
    );
  });

  it('is the best of twelve that compete for one cell at one price', () => {
    const micros = [41, 37, 29, 23, 19, 17, 13, 11, 7, 5, 3, 2].map((clicks) => (clicks * 2 + 0.37) * PRICE_MICROS);
    const candidates = micros.map((one) => candidate({ micros: Math.round(one) }));
    const { value, bound } = plan(candidates, 'best-subset');
    assert.equal(value, bestByEnumeration(candidates, []));
    assert.equal(bound, value);
  });

  it('of more than thirty is close to its bound, and never above it', () => {
    const candidates = Array.from({ length: 90 }, (_, index) =>
      candidate(
        { segments: [segments[index % 3] as string], micros: (2 + ((index * 7) % 11)) * PRICE_MICROS },
        1 + (index % 5) / 10,
      ),
    );
    const { value, bound = 0, lines } = plan(candidates, 'best-subset');
    assert(value <= bound && value > 0.99 * bound, `${value} of ${bound}`);
    assert(lines.some(({ code }) => code === 'CONTENDED'));
  });

  it('of campaigns over several markets is close to the linear programme, and its bound is no lower', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    const uniform = createRandom(6);
    const candidates = Array.from({ length: 120 }, (): BulkCandidate => {
      const own = [names, ['SE'], ['NO']][Math.floor(uniform() * 3)] as string[];
      const startAtMs = START_MS + Math.floor(uniform() * DAYS) * DAY_MS;
      return {
        parts: own.map((market) => {
          const which = Math.floor(uniform() * 3);
          return part({
            market,
            startAtMs,
            endAtMs: startAtMs + DAY_MS,
            segments: segments.filter((_, index) => index === which || uniform() < 0.4),
            micros: Math.ceil((0.01 + uniform()) * 0.2 * WHOLE_CELL_MICROS),
          });
        }),
        weight: 0.5 + uniform(),
      };
    });
    const { value, bound = 0 } = plan(candidates, 'best-subset');
    const best = mostByProgram(solver, candidates);
    assert(value > 0.98 * best && value <= best * (1 + 1e-6), `${value}, the programme has ${best}`);
    assert(bound > best * (1 - 1e-6) && bound < 1.01 * best, `a bound of ${bound}, the programme has ${best}`);
  });

  it('takes parts of several markets together or not at all', () => {
    const both = {
      parts: [part({ micros: WHOLE_CELL_MICROS }), part({ market: 'NO', micros: WHOLE_CELL_MICROS })],
      weight: 1,
    };
    const one = candidate({ market: 'NO', micros: WHOLE_CELL_MICROS }, 1.5);
    const { lines } = plan([one, both], 'best-subset');
    assert.deepEqual(
      lines.map(({ partMicros }) => partMicros),
      [[0], [WHOLE_CELL_MICROS, WHOLE_CELL_MICROS]],
    );
    const dearer = plan([{ ...one, weight: 2.5 }, both], 'best-subset');
    assert.deepEqual(
      dearer.lines.map(({ partMicros }) => partMicros),
      [[WHOLE_CELL_MICROS], [0, 0]],
    );
  });
});

describe('scaled down', () => {
  it('is the fairest: the same share for all, and more where others cannot use it', () => {
    fc.assert(
      fc.property(candidatesOf(6), books, (candidates, sold) => {
        const { lines, factor } = plan(candidates, 'scale-down', sold);
        const asked = candidates.flatMap(({ parts }) => parts);
        const shares = fairestShares(asked, sold);
        const got = lines.flatMap(({ partMicros }) => partMicros);
        got.forEach((micros, index) => {
          const expected = (shares[index] as number) * (asked[index] as BulkPart).micros;
          assert(Math.abs(micros - expected) <= 1 + 1e-8 * expected, `part ${index} gets ${micros}, not ${expected}`);
        });
        assert(Math.abs((factor as number) - Math.min(1, ...shares)) < 1e-6, `${factor}`);
      }),
      { numRuns: 150, seed: 4 },
    );
  });

  it('says who was scaled, who can have nothing, and who has all', () => {
    const sold = [part({ segments: ['c'], micros: WHOLE_CELL_MICROS })];
    const { lines, factor } = plan(
      [
        candidate({ micros: WHOLE_CELL_MICROS }),
        candidate({ micros: 3 * WHOLE_CELL_MICROS }),
        candidate({ segments: ['b'] }),
        candidate({ segments: ['c'] }),
      ],
      'scale-down',
      sold,
    );
    assert.deepEqual(
      lines.map(({ result, micros, code }) => [result, micros, code]),
      [
        ['scaled', WHOLE_CELL_MICROS / 4, 'CONTENDED'],
        ['scaled', (3 * WHOLE_CELL_MICROS) / 4, 'SUPPLY_SHORT'],
        ['accepted', WHOLE_CELL_MICROS / 2, undefined],
        ['refused', 0, 'SUPPLY_SHORT'],
      ],
    );
    assert.equal(factor, 0);
  });
});

describe('the price of supply in a bulk', () => {
  it('is nothing where there is room, what the cheapest in the way is worth, or infinite', () => {
    const sold = [part({ segments: ['c'], micros: WHOLE_CELL_MICROS })];
    const { lines } = plan(
      [
        candidate({ micros: WHOLE_CELL_MICROS / 2 }, 3),
        candidate({ micros: WHOLE_CELL_MICROS / 2 }, 2),
        candidate({ micros: 1 }),
        candidate({ segments: ['b'] }),
        candidate({ segments: ['c'] }),
      ],
      'best-subset',
      sold,
    );
    assert.deepEqual(
      lines.map(({ result, supplyPrice }) => [result, supplyPrice]),
      [
        ['accepted', 2],
        ['accepted', 2],
        ['refused', 2],
        ['accepted', 0],
        ['refused', Infinity],
      ],
    );
  });
});
