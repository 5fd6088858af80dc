import assert from 'node:assert/strict';
import fc from 'fast-check';
import { partCurves, sharesWithin, splitWithin } from '../../../shared/campaign/split-within.ts';
import { MAX_MICROS, sumMicros } from '../../../shared/contracts/micros.ts';
import type { EmptyMarket } from '../../../shared/planning/availability.ts';
import { assertCurve, responseAt } from '../../../shared/planning/response-curve.ts';
import type { ResponsePart } from '../../../shared/planning/response-split.ts';

function empty(medianMicros: number, own: Partial<EmptyMarket> = {}): EmptyMarket {
  return { weightMicros: medianMicros, medianMicros, trafficByDay: [1000, 1000], ...own };
}

function parts(objective: 'reach' | 'clicks' | 'conversions', markets: readonly EmptyMarket[]): ResponsePart[] {
  return partCurves(objective, markets).map((curve, index) => ({
    curve,
    weight: (markets[index] as EmptyMarket).weightMicros,
    floorMicros: 0,
    capMicros: MAX_MICROS,
  }));
}

const everywhere = [MAX_MICROS, MAX_MICROS, MAX_MICROS];

describe('what a budget brings to a part', () => {
  it('is nothing to compare where there is one part alone', () => {
    assert.deepEqual(partCurves('clicks', [empty(5)]), [{ micros: [0], response: [0] }]);
    assert.deepEqual(partCurves('reach', []), []);
  });

  it('is money that supply delivers, where clicks or conversions are wanted', () => {
    for (const objective of ['clicks', 'conversions'] as const) {
      const [certain] = partCurves(objective, [empty(1000), empty(1)]);
      assert(certain);
      assert.deepEqual(
        [responseAt(certain, 400), responseAt(certain, 1000), responseAt(certain, 5000)],
        [400, 1000, 1000],
      );
    }
    const [risky] = partCurves('clicks', [empty(1000, { weightMicros: 500 }), empty(1)]);
    assert(risky);
    const brought = responseAt(risky, 1000);
    assert(brought > 500 && brought < 900, `${brought}`);
  });

  it('is listeners of its best day, where reach is wanted', () => {
    const [curve] = partCurves('reach', [empty(4000, { trafficByDay: [1000, 3000] }), empty(1)]);
    assert(curve);
    assert(Math.abs(responseAt(curve, 4000) - 3000) < 1e-6);
    const half = responseAt(curve, 2000);
    assert(half > 1500 && half < 3000, `${half}: the next listener is harder to find`);
  });

  it('is flat without supply, and a curve whatever a market says of itself', () => {
    const odd: EmptyMarket[] = [
      empty(0),
      empty(0, { trafficByDay: [] }),
      empty(0, { trafficByDay: [0, 0] }),
      empty(10, { weightMicros: 30 }),
      empty(10, { weightMicros: 0 }),
      empty(10, { trafficByDay: [0] }),
      empty(MAX_MICROS, { trafficByDay: Array.from({ length: 32 }, () => MAX_MICROS) }),
    ];
    for (const objective of ['reach', 'clicks'] as const) {
      const curves = partCurves(objective, odd);
      for (const curve of curves) assertCurve(curve, objective);
      assert.equal(responseAt(curves[1] as (typeof curves)[number], 1e9), 0);
    }
  });
});

describe('a budget inside what parts reach', () => {
  it('goes where it brings most: in proportion to equally certain supply, less to the uncertain', () => {
    assert.deepEqual(splitWithin(300, parts('clicks', [empty(1000), empty(2000)]), everywhere), {
      kind: 'split',
      sharesMicros: [100, 200],
      escrowMicros: 0,
    });
    const shares = sharesWithin(
      1_000_000,
      parts('clicks', [empty(1_000_000), empty(1_000_000, { weightMicros: 400_000 })]),
      everywhere,
    );
    assert((shares[0] as number) > (shares[1] as number), shares.join());
  });

  it('gives nobody more than it reaches, and keeps as escrow what nobody does', () => {
    assert.deepEqual(splitWithin(300, parts('clicks', [empty(1000), empty(2000)]), [40, 90]), {
      kind: 'split',
      sharesMicros: [40, 90],
      escrowMicros: 170,
    });
  });

  it('is infeasible below its floors, which are then the shares', () => {
    const floored = parts('clicks', [empty(1000), empty(2000)]).map((part) => ({ ...part, floorMicros: 200 }));
    assert.deepEqual(splitWithin(399, floored, everywhere), { kind: 'infeasible', floorsMicros: 400 });
    assert.deepEqual(sharesWithin(399, floored, everywhere), [200, 200]);
  });

  it('adds up to the micro inside floors, caps and reach, and gives nobody less of a larger budget', () => {
    const market = fc.record({
      medianMicros: fc.oneof(fc.constantFrom(0, 1, MAX_MICROS), fc.nat(1_000_000_000)),
      certainty: fc.constantFrom(0, 0.3, 1, 1.5),
      trafficByDay: fc.array(fc.oneof(fc.constantFrom(0, MAX_MICROS), fc.nat(100_000)), { maxLength: 4 }),
      floorMicros: fc.nat(1000),
      capMicros: fc.oneof(fc.constant(MAX_MICROS), fc.nat(500_000_000)),
      reachMicros: fc.oneof(fc.constant(MAX_MICROS), fc.nat(500_000_000)),
    });
    fc.assert(
      fc.property(
        fc.constantFrom('reach' as const, 'clicks' as const),
        fc.array(market, { minLength: 1, maxLength: 6 }),
        fc.nat(2_000_000_000),
        fc.nat(1_000_000),
        (objective, markets, budgetMicros, moreMicros) => {
          const own = parts(
            objective,
            markets.map(({ certainty, ...one }) => ({
              ...one,
              weightMicros: Math.min(MAX_MICROS, Math.floor(one.medianMicros * certainty)),
            })),
          ).map((part, index) => {
            const { floorMicros, capMicros } = markets[index] as (typeof markets)[number];
            return { ...part, floorMicros, capMicros };
          });
          const reach = markets.map(({ reachMicros }) => reachMicros);
          const split = splitWithin(budgetMicros, own, reach);
          const floors = sumMicros(own.map(({ floorMicros }) => floorMicros));
          assert.equal(split.kind, floors > budgetMicros ? 'infeasible' : 'split');
          if (split.kind === 'infeasible') return;
          assert.equal(sumMicros([...split.sharesMicros, split.escrowMicros]), budgetMicros);
          own.forEach(({ floorMicros, capMicros }, index) => {
            const share = split.sharesMicros[index] as number;
            const most = Math.max(floorMicros, Math.min(capMicros, reach[index] as number));
            assert(share >= floorMicros && share <= most, `${share} not in ${floorMicros} to ${most}`);
          });
          const larger = sharesWithin(budgetMicros + moreMicros, own, reach);
          larger.forEach((share, index) =>
            assert(share >= (split.sharesMicros[index] as number), `part ${index} loses`),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
