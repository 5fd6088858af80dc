// What every reader of campaigns' histories promises. One log is shared: each case has a campaign of its own.
import assert from 'node:assert/strict';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import type { HistoryPlace, HistoryReader } from '../../shared/outcomes/history-reader.ts';
import type { OutcomeLog, Row } from '../../shared/outcomes/outcome-log.ts';
import { DAY_MS, START_MS } from '../support/instants.ts';
import { budgetApplied, promised, quoteIssued, rowOf, subcampaignEnded } from '../support/observed-rows.ts';

export interface OpenedHistory {
  log: OutcomeLog;
  history: HistoryReader;
}

export function historyReaderContract(open: () => Promise<OpenedHistory>): void {
  let opened: OpenedHistory;
  let campaignId: string;
  let cases = 0;
  before(async () => {
    opened = await open();
  });
  beforeEach(() => {
    campaignId = `h${++cases}`;
  });

  /** A row of this campaign; its id is that of a ledger entry and a place in it. */
  const row = (outcome: Outcome, ledger: string, ordinal: number, atMs = START_MS): Row => {
    const made = rowOf(outcome, `${ledger}-of-${campaignId}`, atMs);
    return {
      ...made,
      json: { ...made.json, row_id: `${ledger.padEnd(14, '0')}${campaignId.padStart(6, '0')}:${ordinal}` },
    };
  };
  const applied = (budgetVersion: number) =>
    budgetApplied({
      campaignId,
      budgetMicros: 1,
      budgetVersion,
      subcampaigns: [{ subcampaignId: 's1', market: 'SE', budgetMicros: 1 }],
    });
  const quote = (own: object = {}) =>
    quoteIssued({ campaignId, subcampaigns: [{ subcampaignId: 's1', market: 'SE', ...promised() }], ...own });
  const name = () => ({ tenantId: 't1', campaignId });
  const versionsOf = (rows: readonly { outcome: Outcome }[]) =>
    rows.map(({ outcome }) => (outcome.type === 'budget-applied' ? outcome.budgetVersion : outcome.type));

  it('knows nothing of a campaign that nothing was recorded of', async () => {
    assert.deepEqual(await opened.history.page(name(), { limit: 10 }), []);
    assert.deepEqual(await opened.history.promised(name()), {});
  });

  it('gives the outcomes and the quote oldest first, and those of one event in its order', async () => {
    await opened.log.append([
      row(applied(3), 'b', 0, START_MS + 2 * DAY_MS),
      ...Array.from({ length: 12 }, (_row, index) => row(applied(100 + index), 'a', index, START_MS + DAY_MS)),
      row(quote(), 'c', 1),
      row(applied(1), 'c', 0),
    ]);
    const rows = await opened.history.page(name(), { limit: 100 });
    assert.deepEqual(versionsOf(rows), [
      1,
      'quote-issued',
      ...Array.from({ length: 12 }, (_row, index) => 100 + index),
      3,
    ]);
    assert.deepEqual(rows[0], {
      rowId: `c${'0'.repeat(13)}${campaignId.padStart(6, '0')}:0`,
      eventId: `c-of-${campaignId}`,
      occurredAtMs: START_MS,
      outcome: applied(1),
    });
  });

  it('goes on where a page ended, without a row twice or left out, whatever the length of pages', async () => {
    const rows = ['a', 'b', 'c'].flatMap((ledger, day) =>
      [0, 1, 2, 10].map((ordinal) =>
        row(applied(10 * day + ordinal + 1), ledger, ordinal, START_MS + (day >> 1) * DAY_MS),
      ),
    );
    await opened.log.append([...rows, row(quote(), 'd', 0)]);
    const whole = versionsOf(await opened.history.page(name(), { limit: 100 }));
    assert.equal(whole.length, 13);
    for (const limit of [1, 3, 5]) {
      const read = [];
      for (let after: HistoryPlace | undefined; ;) {
        const page = await opened.history.page(name(), { limit, ...(after ? { after } : {}) });
        assert(page.length <= limit);
        read.push(...versionsOf(page));
        after = page.at(-1);
        if (!after) break;
      }
      assert.deepEqual(read, whole);
    }
  });

  it('shows a row once, however often it was appended', async () => {
    for (let copy = 0; copy < 2; copy++) await opened.log.append([row(applied(1), 'a', 0)]);
    assert.equal((await opened.history.page(name(), { limit: 10 })).length, 1);
  });

  it('shows nothing of another tenant, of another campaign, or of lines in rows of markets', async () => {
    await opened.log.append([
      row({ ...applied(1), tenantId: 't2' }, 'a', 0),
      row({ ...applied(2), campaignId: `${campaignId}0` }, 'a', 1),
      row({ ...quote(), tenantId: 't2' }, 'a', 2),
    ]);
    assert.deepEqual(await opened.history.page(name(), { limit: 10 }), []);
    assert.deepEqual(await opened.history.promised(name()), {});
  });

  it('finds the newest quote, whole', async () => {
    const newest = quote({ quoteId: 'q2', issuedAtMs: START_MS + 1000, ...promised({ budgetMicros: 70_000_000 }) });
    await opened.log.append([row(newest, 'a', 0), row(quote(), 'b', 0)]);
    assert.deepEqual(await opened.history.promised(name()), { quote: newest });
  });

  it('knows when its owner called it off, and that a pause is none', async () => {
    const status = (requestedStatus: 'paused' | 'cancelled' | 'completed', decidedAtMs?: number): Outcome => ({
      ...{ type: 'status-applied', tenantId: 't1', campaignId, statusVersion: 1, requestedStatus },
      ...(decidedAtMs === undefined ? {} : { decidedAtMs }),
    });
    await opened.log.append([
      row(status('paused', START_MS), 'a', 0),
      row(subcampaignEnded({ campaignId, market: 'SE', subcampaignId: 's1' }), 'b', 0),
    ]);
    assert.deepEqual(await opened.history.promised(name()), {});
    await opened.log.append([row(status('completed'), 'c', 0, START_MS + 3000)]);
    assert.deepEqual(await opened.history.promised(name()), { stoppedAtMs: START_MS + 3000 });
    await opened.log.append([row(status('cancelled', START_MS + 2000), 'd', 0, START_MS + 5000)]);
    assert.deepEqual(await opened.history.promised(name()), { stoppedAtMs: START_MS + 2000 });
  });
}
