import assert from 'node:assert/strict';
import sinon from 'sinon';
import { createMemoryBus } from '../../../shared/bus/memory-bus.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import type { Row } from '../../../shared/outcomes/outcome-log.ts';
import { drain, record } from '../../../shared/outcomes/record.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { LEDGER_MS } from '../../../shared/store/persist-campaign-event.ts';
import { budgetChanged, campaignCreated } from '../../support/events.ts';
import { START_MS } from '../../support/instants.ts';
import { inHand } from '../../support/in-hand.ts';
import { logLines } from '../../support/log-lines.ts';
import { persist } from '../../support/persisting.ts';
import { seededStore } from '../../support/stores.ts';

async function recording() {
  const store = await seededStore();
  const outcomes = createMemoryLog();
  const { log, lines } = logLines();
  const deps = { store, outcomes, bus: createMemoryBus(), log, clock: () => START_MS };
  return { deps, lines, outcomes, persisted: await persist(store, campaignCreated()) };
}

const failing = (code: 'OUTCOMES_UNAVAILABLE' | 'OUTCOME_ROW_INVALID') => ({
  append: sinon.fake(() => Promise.reject(new AndanteError(code, 'no'))),
});

describe('recording outcomes', () => {
  it('appends the rows and marks the entry drained, to be forgotten later', async () => {
    const { deps, outcomes, persisted } = await recording();
    assert.equal(await record(deps, [persisted]), true);
    const id = persisted.ref.path.replace('ledger/', '');
    assert.deepEqual(
      outcomes.rows.map(({ table, json }) => [table, json.row_id, json['type'], json['event_date'], json['event_id']]),
      [['outcomes', `${id}:0`, 'campaign-accepted', '2026-03-02', 'created:c1']],
    );
    assert.deepEqual(await deps.store.undrained(10), []);
    const [entry] = await deps.store.read([persisted.ref]);
    assert.deepEqual([entry?.undrained, entry?.expireAtMs], [undefined, START_MS + LEDGER_MS]);
  });

  it('passes over entries that owe nothing', async () => {
    const { deps, outcomes, persisted } = await recording();
    const { undrained: _done, ...entry } = persisted.entry;
    assert.equal(await record(deps, [{ ...persisted, entry }]), true);
    assert.deepEqual(outcomes.rows, []);
  });

  it('resolves when BigQuery is away: the entry stays undrained, and the drain appends the same row ids', async () => {
    const { deps, lines, outcomes, persisted } = await recording();
    const away = failing('OUTCOMES_UNAVAILABLE');
    assert.equal(await record({ ...deps, outcomes: away }, [persisted]), false);
    assert.deepEqual([lines[0]?.['severity'], (await deps.store.undrained(10)).length], ['WARNING', 1]);
    assert.deepEqual(await drain(deps, START_MS), { drained: 1, refused: 0 });
    const [[tried]] = away.append.args as unknown as [[Row[]]];
    assert.deepEqual(
      outcomes.rows.map(({ json }) => json.row_id),
      tried.map(({ json }) => json.row_id),
    );
    assert.deepEqual(await drain(deps, START_MS), { drained: 0, refused: 0 });
  });

  it('resolves when the mark fails: the drain appends copies under the same ids', async () => {
    const { deps, outcomes, persisted } = await recording();
    const store = { ...deps.store, markDrained: () => Promise.reject(new AndanteError('STORE_UNAVAILABLE', 'no')) };
    assert.equal(await record({ ...deps, store }, [persisted]), false);
    await drain(deps, START_MS);
    const ids = outcomes.rows.map(({ json }) => json.row_id);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
  });

  it('says a row that BigQuery will never take aloud', async () => {
    const { deps, lines, persisted } = await recording();
    assert.equal(await record({ ...deps, outcomes: failing('OUTCOME_ROW_INVALID') }, [persisted]), false);
    assert.equal(lines[0]?.['severity'], 'CRITICAL');
  });
});

describe('draining the outbox', () => {
  it('is not held back by a refused entry, over as many pages as there are', async () => {
    const { deps, lines, outcomes } = await recording();
    for (let version = 1; version <= 130; version++)
      await persist(deps.store, budgetChanged(100_000_000 + version, version));
    const picky = {
      async append(rows: readonly Row[]) {
        await outcomes.append(rows.filter(({ json }) => json['event_id'] !== 'budget:c1:7'));
        if (rows.some(({ json }) => json['event_id'] === 'budget:c1:7'))
          throw new AndanteError('OUTCOME_ROW_INVALID', 'refused');
      },
    };
    const { answer, ending } = await inHand(() => drain({ ...deps, outcomes: picky }, START_MS + 5_000));
    assert.deepEqual(answer, { drained: 130, refused: 1 });
    assert.deepEqual(ending, { undrained: 1, oldestMs: 5_000 }, 'the line that ends the drain says what is left');
    assert.deepEqual(
      (await deps.store.undrained(10)).map(({ document }) => document.eventId),
      ['budget:c1:7'],
    );
    assert.equal(new Set(outcomes.rows.map(({ json }) => json.row_id)).size, 130);
    assert.deepEqual(
      lines.map(({ severity, event }) => [severity, event]),
      [['CRITICAL', 'budget:c1:7']],
    );
  });

  it('rejects when BigQuery is away, to be called again', async () => {
    const { deps } = await recording();
    const away = { ...deps, outcomes: failing('OUTCOMES_UNAVAILABLE') };
    const { ending } = await inHand(() =>
      assert.rejects(drain(away, START_MS + 5_000), { code: 'OUTCOMES_UNAVAILABLE' }),
    );
    assert.deepEqual(ending, { undrained: 1, oldestMs: 5_000 });
    assert.equal((await deps.store.undrained(10)).length, 1);
    const late = await inHand(() => drain(deps, START_MS).then(() => drain(deps, START_MS)));
    assert.deepEqual([late.answer.drained, late.ending], [0, { undrained: 0, oldestMs: 0 }]);
  });
});
