import assert from 'node:assert/strict';
import fc from 'fast-check';
import { committedMicros, entryNumbers } from '../../../shared/campaign/entry-money.ts';
import { MAX_MICROS } from '../../../shared/contracts/micros.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { cell } from '../../support/markets.ts';
import { campaignOf, entriesOf, file, persist, tick } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

/** Supply worth more than any budget, at 1,000 a click. */
const supply = { cells: [cell({ q50: 1_000_000_000_000, clickPpm: 1_000_000 })] };
const PRICE_MICROS = 1_000_000_000;

describe('amounts at the end of what a number holds', () => {
  it('no report that is folded makes a later report, tick or budget change fail', async () => {
    const amount = fc.oneof(
      fc.constantFrom(0, 1, 2 ** 45, 2 ** 46, 2 ** 46 + 1, 2 ** 52, MAX_MICROS),
      fc.integer({ min: 0, max: MAX_MICROS }),
      fc.nat(1_000_000_000),
    );
    const clicks = fc.oneof(fc.constantFrom(0, 1, 70_368, 70_369, MAX_MICROS), fc.nat(80_000));
    const step = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('report' as const),
          group: fc.nat(2),
          clicks,
          charged: fc.oneof(amount, fc.constant('all' as const)),
          closedHour: fc.boolean(),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('tick' as const), ticks: fc.constantFrom(1, 1, 72, 300) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('budget' as const), micros: amount }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('active' as const) }) },
    );
    const world = fc.record({
      parts: fc.constantFrom(1, 2, 50),
      budget: amount,
      steps: fc.array(step, { minLength: 3, maxLength: 16 }),
    });
    let overrun = 0;
    await fc.assert(
      fc.asyncProperty(world, async ({ parts, budget, steps }) => {
        const store = await seededStore({ supply, days: 9 });
        const ids = Array.from({ length: parts }, (_, index) => `s${index}`);
        const subcampaigns = ids.map((subcampaignId) => order({ subcampaignId, clickPriceMicros: PRICE_MICROS }));
        const endAtMs = START_MS + 8 * 86_400_000;
        await persist(store, campaignCreated({ subcampaigns, budgetMicros: Math.max(1, budget), endAtMs }));
        let atMs = START_MS;
        for (const [index, one] of steps.entries()) {
          const eventId = `e${index}`;
          if (one.kind === 'report') {
            const hourAtMs = one.closedHour ? START_MS - 86_400_000 : atMs;
            const entries = await entriesOf(store);
            const lines = ids.map((subcampaignId) => {
              if (one.charged !== 'all')
                return line({ subcampaignId, hourAtMs, clicks: one.clicks, chargedMicros: one.charged });
              const entry = entries.find((candidate) => candidate.subcampaignId === subcampaignId);
              const chargedMicros = entry
                ? Math.min(MAX_MICROS, entry.budgetMicros + 2 ** 46) - committedMicros(entry)
                : 0;
              return line({ subcampaignId, hourAtMs, chargedMicros });
            });
            const window = { windowStartAtMs: atMs, windowEndAtMs: atMs + 1 };
            await file(store, deliveryReported(eventId, { group: `g${one.group}`, lines, ...window }));
          } else if (one.kind === 'tick') {
            atMs += one.ticks * TICK_MS;
            await tick(store, atMs);
          } else if (one.kind === 'budget') {
            await persist(store, budgetChanged(Math.max(1, one.micros), index + 1, { eventId }), atMs);
          } else {
            await persist(store, statusChanged('active', index + 1, { eventId }), atMs);
          }
          for (const entry of await entriesOf(store)) {
            const amounts = [committedMicros(entry), ...Object.values(entryNumbers(entry))];
            assert(amounts.every((value) => Number.isSafeInteger(value) && value >= 0));
            if (committedMicros(entry) > entry.budgetMicros) overrun += 1;
          }
        }
        assert(Number.isSafeInteger((await campaignOf(store)).budgetMicros));
      }),
      {
        numRuns: 200,
        // Half of it in clicks and back is half a micro less.
        examples: [[{ parts: 2, budget: 8_470_055_715_967_951, steps: [] }]],
      },
    );
    assert(overrun > 0, 'nothing was ever overrun');
  });
});
