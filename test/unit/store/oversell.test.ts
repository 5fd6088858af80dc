import assert from 'node:assert/strict';
import fc from 'fast-check';
import { accruedMicros } from '../../../shared/campaign/entry-money.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { cell } from '../../support/markets.ts';
import { entriesOf, file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

const segments = ['a', 'b'];
/** What one cell can sell over the two days of every flight here. */
const CELL_MICROS = 200_000_000;

describe('selling a market', () => {
  it('fits supply after every booking, raise, cut, delivery and cancellation', async () => {
    const campaignId = fc.constantFrom('c1', 'c2', 'c3', 'c4');
    const audience = fc.subarray(segments, { minLength: 1 });
    const budgetMicros = fc.integer({ min: 1, max: 500_000_000 });
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('created' as const),
        campaignId,
        budgetMicros,
        audiences: fc.array(audience, { minLength: 1, maxLength: 2 }),
      }),
      fc.record({ kind: fc.constant('budget' as const), campaignId, budgetMicros }),
      fc.record({ kind: fc.constant('cancelled' as const), campaignId }),
      fc.record({ kind: fc.constant('report' as const), campaignId, chargedMicros: fc.nat(2_000_000) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const cells = segments.map((segment) => cell({ segment, q50: 10_000, clickPpm: 20_000 }));
        const store = await seededStore({ supply: { cells } });
        for (const [index, one] of steps.entries()) {
          const own = { campaignId: one.campaignId, eventId: `e${index}` };
          if (one.kind === 'created') {
            const subcampaigns = one.audiences.map((audience, part) =>
              order({ subcampaignId: `s${part + 1}`, segments: audience }),
            );
            await persist(
              store,
              campaignCreated(
                { campaignId: one.campaignId, budgetMicros: one.budgetMicros, ifShort: 'scale-down', subcampaigns },
                { eventId: own.eventId },
              ),
            );
          } else if (one.kind === 'budget') {
            await persist(store, budgetChanged(one.budgetMicros, index + 1, own));
          } else if (one.kind === 'cancelled') {
            await persist(store, statusChanged('cancelled', index + 1, own));
          } else {
            const lines = [line({ campaignId: one.campaignId, chargedMicros: one.chargedMicros })];
            await file(store, deliveryReported(own.eventId, { lines }));
            await tick(store, START_MS + (index + 1) * TICK_MS);
          }
          const live = (await entriesOf(store)).filter(({ status }) => status !== 'closing');
          // What only fits one segment fits there, and all together fit both (Hall's condition).
          for (const [where, room] of [
            [['a'], 1],
            [['b'], 1],
            [segments, 2],
          ] as const) {
            const owedMicros = live
              .filter((entry) => entry.segments.every((segment) => (where as readonly string[]).includes(segment)))
              .reduce((sum, entry) => sum + Math.max(0, entry.budgetMicros - accruedMicros(entry)), 0);
            assert(owedMicros <= room * CELL_MICROS, `${where.join(' and ')} owe ${owedMicros} after step ${index}`);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
