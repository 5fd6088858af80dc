import assert from 'node:assert/strict';
import { createReconcileHandler } from '../../../functions/reconcile/handler.ts';
import type { BookPage } from '../../../shared/contracts/documents.ts';
import type { CalibrationReader, IntervalCoverage } from '../../../shared/outcomes/calibration-reader.ts';
import { createMemoryReader } from '../../../shared/outcomes/memory-reader.ts';
import { refs, type AllocationStore } from '../../../shared/store/allocation-store.ts';
import { campaignCreated, deliveryReported, line, order } from '../../support/events.ts';
import { DAY_MS, START_MS, TICK_MS } from '../../support/instants.ts';
import { logLines } from '../../support/log-lines.ts';
import { file, persist, tick } from '../../support/persisting.ts';
import { NOW_MS, servedWorld } from '../cli/command-line.ts';

const time = { publishedAtMs: NOW_MS, nowMs: NOW_MS };
const scheduled = { type: 'andante.reconcile.v1' as const, source: 'scheduler', tenantId: 'andante' };

/** Campaign t1/c1 in SE, served for a while. */
async function world({ drained = true, coverage = [] as IntervalCoverage[] } = {}) {
  const { store, bus, log: rows, drainAll } = await servedWorld({ drained });
  const { log, lines } = logLines();
  const state = { slept: 0, asked: [] as { market: string; fromDay: string }[], nowMs: NOW_MS };
  const calibration: CalibrationReader = {
    calibration: async () => [],
    reliability: async () => [],
    async coverage(scope) {
      state.asked.push(scope);
      return coverage;
    },
  };
  const deps = {
    store,
    reader: createMemoryReader(rows),
    calibration,
    bus,
    log,
    clock: () => state.nowMs,
    sleep: async () => void (state.slept += 1),
  };
  return { deps, state, lines, store, bus, drainAll };
}

async function editEntries(store: AllocationStore, own: Partial<BookPage['entries'][number]>): Promise<void> {
  const ref = refs.page('SE', 'p00');
  const [page] = await store.read([ref]);
  const entries = (page as BookPage).entries.map((entry) => ({ ...entry, ...own }));
  await store.transact(async (transaction) => transaction.set(ref, { ...(page as BookPage), entries }));
}

const ofSeverity = (lines: readonly Record<string, unknown>[], severity: string) =>
  lines.filter((logged) => logged['severity'] === severity);

describe('the handler of reconcile', () => {
  it('without a market asks for each market, at the time it was asked for', async () => {
    const { deps, bus } = await world();
    const answer = await createReconcileHandler(deps)(scheduled, time);
    const markets = await deps.store.markets();
    assert.deepEqual(answer, { outcome: 'fanned-out', markets: markets.length });
    assert.deepEqual(
      bus.published.map(({ topic, message }) => [topic, message]),
      markets.map((market) => ['reconcile', { ...scheduled, scheduledFor: new Date(NOW_MS).toISOString(), market }]),
    );
  });

  it('finds that a market and the campaigns in its book agree, and says nothing', async () => {
    const { deps, lines, state } = await world();
    assert.deepEqual(await createReconcileHandler(deps)({ ...scheduled, market: 'SE' }, time), {
      outcome: 'agrees',
      differences: 0,
      campaigns: 1,
      left: 0,
      misjudged: 0,
    });
    assert.deepEqual([lines, state.slept], [[], 0]);
  });

  it('says CRITICAL what still differs when it is read a third time, with what mends it', async () => {
    const { deps, lines, state, store } = await world();
    await editEntries(store, { spentMicros: 77 });
    const { outcome, differences } = await createReconcileHandler(deps)({ ...scheduled, market: 'SE' }, time);
    assert.equal(outcome, 'different');
    const told = ofSeverity(lines, 'CRITICAL');
    assert(told.length > 0 && told.length === differences);
    assert(told.some((said) => said['message'] === 'invariant violated' && said['invariant'] === 3));
    assert(
      told.some(
        ({ code, market, found, mend }) => code === 'STATE_DIFFERS' && market === 'SE' && found === '77' && mend,
      ),
    );
    assert.equal(state.slept, 4);
  });

  it('forgets what no longer differs when it is read again', async () => {
    const { deps, lines, store, state } = await world();
    await editEntries(store, { spentMicros: 77 });
    const [entry] = ((await store.read([refs.page('SE', 'p00')]))[0] as BookPage).entries;
    const spentMicros = (await deps.reader.delivered({ market: 'SE', fromDay: '2026-03-01' }))[0]?.confirmedMicros ?? 0;
    assert.equal(entry?.spentMicros, 77);
    const sleep = async () => {
      state.slept += 1;
      await editEntries(store, { spentMicros });
    };
    const answer = await createReconcileHandler({ ...deps, sleep })({ ...scheduled, market: 'SE' }, time);
    assert.deepEqual([answer.outcome, state.slept, lines], ['agrees', 1, []]);
  });

  it('warns, but raises no alarm, while the ledger owes rows and reports wait', async () => {
    const { deps, lines, store, drainAll } = await world({ drained: false });
    const reconcile = createReconcileHandler(deps);
    assert.equal((await reconcile({ ...scheduled, market: 'SE' }, time)).outcome, 'agrees');
    assert(ofSeverity(lines, 'WARNING').some(({ code }) => code === 'UNDRAINED'));
    await drainAll();
    lines.length = 0;
    await file(store, deliveryReported('r9', { lines: [line()] }));
    assert.equal((await reconcile({ ...scheduled, market: 'SE' }, time)).outcome, 'agrees');
    assert.deepEqual(
      lines.map(({ severity, code }) => [severity, code]),
      [
        ['WARNING', 'REPORTS_WAITING'],
        ['WARNING', 'REPORTS_WAITING'],
      ],
    );
  });

  it('compares as many campaigns as there is time for, others on another day, and says how many are left', async () => {
    const { deps, lines, store, state, drainAll } = await world();
    for (let index = 0; index < 20; index++)
      await persist(
        store,
        campaignCreated({ campaignId: `more-${index}`, budgetMicros: 1_000_000, subcampaigns: [order()] }),
      );
    await tick(store, START_MS + 3 * TICK_MS);
    await drainAll();
    const readCampaigns = async (nowMs: number) => {
      const seen: string[] = [];
      const reader: typeof deps.reader = {
        ...deps.reader,
        campaignOutcomes: async (tenantId, campaignId) => {
          seen.push(campaignId);
          state.nowMs += 200_000;
          return deps.reader.campaignOutcomes(tenantId, campaignId);
        },
      };
      const answer = await createReconcileHandler({ ...deps, reader })(
        { ...scheduled, market: 'SE' },
        { publishedAtMs: nowMs, nowMs },
      );
      return { seen: seen.sort(), left: answer['left'] };
    };
    const [today, tomorrow] = [await readCampaigns(NOW_MS), await readCampaigns(NOW_MS + DAY_MS)];
    assert.deepEqual([today.seen.length, today.left], [8, 13]);
    assert.notDeepEqual(today.seen, tomorrow.seen);
    assert(ofSeverity(lines, 'WARNING').some(({ left }) => left === 13));
  });

  it('warns of intervals that hold too seldom or too often, where enough was scored', async () => {
    const coverage = [
      { kind: 'market-supply-7d', n: 30, coverage: 0.59 },
      { kind: 'cell-supply-7d', n: 400, coverage: 0.96 },
      { kind: 'market-supply-1d', n: 29, coverage: 0.1 },
      { kind: 'clicks', n: 100, coverage: 0.8 },
    ];
    const { deps, lines, state } = await world({ coverage });
    const answer = await createReconcileHandler(deps)({ ...scheduled, market: 'SE' }, time);
    assert.deepEqual([answer.outcome, answer['misjudged']], ['agrees', 2]);
    assert.deepEqual(state.asked, [
      { market: 'SE', fromDay: new Date(NOW_MS - 56 * DAY_MS).toISOString().slice(0, 10) },
    ]);
    assert.deepEqual(
      ofSeverity(lines, 'WARNING').map(({ kind }) => kind),
      ['market-supply-7d', 'cell-supply-7d'],
    );
  });

  it('refuses a market that nobody knows', async () => {
    const { deps } = await world();
    await assert.rejects(createReconcileHandler(deps)({ ...scheduled, market: 'XX' }, time), {
      code: 'UNKNOWN_MARKET',
    });
  });
});
