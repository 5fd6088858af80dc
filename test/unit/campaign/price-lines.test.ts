import assert from 'node:assert/strict';
import fc from 'fast-check';
import { priceLines, type PricedMarket } from '../../../shared/campaign/price-lines.ts';
import type { BookEntry, SupplyDay } from '../../../shared/contracts/documents.ts';
import { HIGHEST_PRICE } from '../../../shared/planning/live-price.ts';
import { entry, lease } from '../../support/entries.ts';
import { DAY_MS, HOUR_MS, START_MS } from '../../support/instants.ts';
import { cell, supplyDay } from '../../support/markets.ts';

const fans = { segment: 'fan', surface: 'home' };
const casual = { segment: 'casual', surface: 'home' };

/** Requests of these cells whose listeners respond twice as often, or not at all. */
function sampleOf(cells: PricedMarket['sample']['cells'], requests = 40): PricedMarket['sample'] {
  const cell = Array.from({ length: requests }, (_, request) => request % cells.length);
  return { cells, cell, responseMultiplier: cell.map((_, request) => (request % 4 < 2 ? 2 : 0)) };
}

/** A line with this money left on a day worth 1,000. */
function line(remainingMicros: number, own: Partial<BookEntry> = {}): PricedMarket['lines'][number] {
  return { ...entry({ endAtMs: START_MS + DAY_MS, trafficByDay: [100_000], ...own }), remainingMicros };
}

function pricesOf(lines: PricedMarket['lines'], own: Partial<PricedMarket> = {}): number[] {
  const fallback = Float64Array.from(lines, () => 0.25);
  const worth = Float64Array.from(lines, () => 1);
  const offers = { floors: [], houseCpmMicros: 0, worth };
  const base = {
    ...offers,
    supply: supplyDay(),
    supplyFactor: 1,
    sample: sampleOf([casual]),
    nowMs: START_MS,
    fallback,
  };
  return [...priceLines({ lines, ...base, ...own })];
}

describe('pricing lines', () => {
  it('asks nothing of a line that cannot spend its money today, and more the less money it has', () => {
    const prices = [2_000_000_000, 500_000_000, 100_000_000].map((micros) => pricesOf([line(micros)])[0] as number);
    assert.equal(prices[0], 0);
    // Alone and without offers of others the sample makes it wait for nobody: all it needs is an empty room.
    assert.deepEqual(prices.slice(1), [HIGHEST_PRICE, HIGHEST_PRICE]);
    const [poor, rich] = pricesOf([line(100_000_000), line(1_000_000_000, { campaignId: 'c2' })]) as [number, number];
    assert(poor > rich, `${poor} and ${rich}`);
  });

  it('has the money of today compete, not that of the days to come', () => {
    const rival = line(700_000_000, { campaignId: 'c2' });
    const [today] = pricesOf([line(700_000_000), rival]) as [number];
    const twoDays = { endAtMs: START_MS + 2 * DAY_MS, trafficByDay: [100_000, 100_000] };
    const [half] = pricesOf([line(700_000_000, twoDays), rival]) as [number];
    assert(half > today, `${half} and ${today}`);
  });

  it('has a guaranteed line aim at a little more than it has left, and an auctioned one at just that', () => {
    // An impression costs 10,000.
    const aimedMicros = 100_000_000 + Math.sqrt(100_000_000 * 10_000);
    const price = (micros: number, own: Partial<BookEntry>) =>
      pricesOf([line(micros, own), line(1_000_000_000, { campaignId: 'c2' })])[0] as number;
    const [guaranteed, auctioned] = [price(100_000_000, {}), price(100_000_000, { isAuctioned: true })];
    assert.equal(guaranteed, price(aimedMicros, { isAuctioned: true }));
    assert(auctioned > guaranteed, `${auctioned} and ${guaranteed}`);
  });

  it('believes the fallback where nothing was sampled, or nothing that the day’s supply knows', () => {
    assert.deepEqual(
      pricesOf([line(500_000_000)], { sample: { cells: [], cell: [], responseMultiplier: [] } }),
      [0.25],
    );
    assert.deepEqual(pricesOf([line(500_000_000)], { sample: sampleOf([fans]) }), [0.25]);
  });

  it('leaves out of a sample what the day’s supply does not know', () => {
    const both = { lines: [line(500_000_000), line(900_000_000, { campaignId: 'c2' })] };
    const known = sampleOf([casual], 8);
    const cells = [fans, casual];
    const cell = [...known.cell.map(() => 1), 0, 0, 0, 0, 0, 0, 0, 0];
    const strange = { cells, cell, responseMultiplier: [...known.responseMultiplier, 9, 9, 9, 9, 9, 9, 9, 9] };
    assert.deepEqual(pricesOf(both.lines, { sample: strange }), pricesOf(both.lines, { sample: known }));
  });

  it('lets a line whose money is all for later beat an empty room', () => {
    const flights = [
      { startAtMs: START_MS + DAY_MS, endAtMs: START_MS + 2 * DAY_MS },
      { endAtMs: START_MS + 2 * DAY_MS, trafficByDay: [0, 100_000] },
    ];
    for (const flight of flights) assert.deepEqual(pricesOf([line(500_000_000, flight)]), [HIGHEST_PRICE]);
  });

  it('prices a line that starts later today by what of its money is for today', () => {
    const rival = line(700_000_000, { campaignId: 'c2' });
    const evening = {
      startAtMs: START_MS + 20 * HOUR_MS,
      endAtMs: START_MS + 2 * DAY_MS,
      trafficByDay: [100_000, 100_000],
    };
    const [mostlyTomorrow] = pricesOf([line(700_000_000, evening), rival]) as [number];
    const [all] = pricesOf([line(700_000_000, { startAtMs: START_MS + 20 * HOUR_MS }), rival]) as [number];
    assert(mostlyTomorrow > all, `${mostlyTomorrow} and ${all}`);
  });

  it('is 0 where supply has nothing for a line: no cell, no click, no opportunity, no time left of the day', () => {
    const supplies: Partial<SupplyDay>[] = [
      { cells: [cell(fans)] },
      { cells: [cell({ clickPpm: 0 })] },
      { cells: [cell({ q50: 0 })] },
      { hourShape: Array.from({ length: 24 }, () => 0) },
    ];
    for (const own of supplies) {
      assert.deepEqual(pricesOf([line(500_000_000)], { supply: supplyDay(START_MS, own) }), [0], JSON.stringify(own));
    }
  });

  it('stays from 0 to below 1, whatever the market', () => {
    const micros = fc.oneof(fc.constantFrom(1, Number.MAX_SAFE_INTEGER), fc.integer({ min: 1, max: 5_000_000_000 }));
    const drawn = fc.record({
      remainingMicros: micros,
      clickPriceMicros: micros,
      segments: fc.subarray(['casual', 'fan'], { minLength: 1 }),
      startHour: fc.integer({ min: -30, max: 30 }),
      hours: fc.integer({ min: 1, max: 60 }),
      trafficByDay: fc.array(fc.constantFrom(0, 1, 100_000), { minLength: 4, maxLength: 4 }),
    });
    const ofCell = fc.record({
      q50: fc.constantFrom(0, 1, 100_000, 2 ** 53 - 1),
      clickPpm: fc.constantFrom(0, 1, 20_000, 1e6),
    });
    const request = fc.tuple(fc.nat(2), fc.constantFrom(0, 0.001, 1, 1000));
    fc.assert(
      fc.property(
        fc.array(drawn, { maxLength: 6 }),
        fc.tuple(ofCell, ofCell),
        fc.array(request, { maxLength: 30 }),
        fc.constantFrom(0.1, 1, 10),
        fc.integer({ min: 0, max: DAY_MS - 1 }),
        (all, [first, second], requests, supplyFactor, passedMs) => {
          const nowMs = START_MS + passedMs;
          const lines = all
            .map(({ startHour, hours, remainingMicros, ...own }, index) => {
              const startAtMs = START_MS + startHour * HOUR_MS;
              const flight = { campaignId: `c${index}`, startAtMs, endAtMs: startAtMs + hours * HOUR_MS };
              return line(remainingMicros, { ...own, ...flight });
            })
            .filter(({ endAtMs }) => nowMs < endAtMs);
          const sample = {
            cells: [casual, fans, { segment: 'stranger', surface: 'home' }],
            cell: requests.map(([place]) => place),
            responseMultiplier: requests.map(([, multiplier]) => multiplier),
          };
          const supply = supplyDay(START_MS, { cells: [cell(first), cell({ ...second, ...fans })] });
          const prices = pricesOf(lines, { supply, supplyFactor, sample, nowMs });
          assert.equal(prices.length, lines.length);
          for (const price of prices) assert(price >= 0 && price < 1, `${price}`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('asks more of a line whose listeners clicked more than was charged for, once it is known how late clicks come', () => {
    const clickDelay = { windowMs: 6 * HOUR_MS, shares: Array.from({ length: 40 }, () => 1) };
    const charged = { leases: [lease({ grantedMicros: 60_000_000, chargedMicros: 50_000_000 })] };
    const rival = line(900_000_000, { campaignId: 'c2' });
    const priceAt = (spentMicros: number, supply = supplyDay(START_MS, { clickDelay })) =>
      pricesOf([line(100_000_000, { ...charged, spentMicros }), rival], { supply })[0] as number;
    const [slow, asExpected, quick] = [25_000_000, 50_000_000, 100_000_000].map((micros) => priceAt(micros));
    assert(slow! < asExpected! && asExpected! < quick!, `${slow}, ${asExpected} and ${quick}`);
    assert.equal(priceAt(100_000_000, supplyDay()), priceAt(25_000_000, supplyDay()));
  });
});
