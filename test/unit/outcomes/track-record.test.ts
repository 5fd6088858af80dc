import assert from 'node:assert/strict';
import type { Calibration, ReliabilityBin } from '../../../shared/outcomes/calibration-reader.ts';
import { createMemoryCalibration } from '../../../shared/outcomes/memory-calibration.ts';
import { createMemoryLog } from '../../../shared/outcomes/memory-log.ts';
import { createTrackRecords } from '../../../shared/outcomes/track-record.ts';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { START_MS } from '../../support/instants.ts';
import { promised, quoteIssued, rowOf, subcampaignEnded } from '../../support/observed-rows.ts';

function scored(own: Partial<Calibration> = {}): Calibration {
  const days = { firstDay: '2026-03-02', lastDay: '2026-03-05' };
  return { kind: 'full-spend', market: 'SE', modelId: 'm1', n: 10, brier: 0.1, ece: 0.05, ...days, ...own };
}

function bin(own: Partial<ReliabilityBin> = {}): ReliabilityBin {
  return { market: 'SE', modelId: 'm1', bin: 9, n: 10, forecast: 0.95, observed: 0.9, ...own };
}

/** Records over scores that can be changed, held back and lost. */
function world(scores: Calibration[] = [scored()], bins: ReliabilityBin[] = [bin()]) {
  const state: { nowMs: number; reads: number; problems: unknown[]; error?: Error; hold?: Promise<void> } = {
    nowMs: START_MS,
    reads: 0,
    problems: [],
  };
  const answer = async <T>(rows: T[]): Promise<T[]> => {
    state.reads++;
    await state.hold;
    if (state.error) throw state.error;
    return rows;
  };
  const records = createTrackRecords({
    calibration: { calibration: () => answer(scores), reliability: () => answer(bins) },
    clock: () => state.nowMs,
    onProblem: (error) => state.problems.push(error),
  });
  const recordOf = async (...markets: string[]) => (await records())(markets);
  return { scores, bins, state, recordOf };
}

const nextTurn = () => new Promise((resolve) => void setImmediate(resolve));

const away = new AndanteError('OUTCOMES_UNAVAILABLE', 'BigQuery answered 503');

describe('the track record of quotes', () => {
  it('is that of quotes in the same market: how many, how far off, and how often clicks were in their range', async () => {
    const { recordOf } = world([
      scored(),
      scored({ kind: 'clicks', coverage: 0.8 }),
      scored({ kind: 'market-supply-7d', coverage: 0.1 }),
      scored({ market: 'NO', n: 99 }),
    ]);
    assert.deepEqual(await recordOf('SE'), {
      quotes: 10,
      brier: 0.1,
      ece: 0.05,
      coverage: 0.8,
      firstDay: '2026-03-02',
      lastDay: '2026-03-05',
    });
  });

  it('is, for several markets, that of whole campaigns', async () => {
    const { recordOf } = world([scored(), scored({ market: '', n: 7 })]);
    assert.equal((await recordOf('SE', 'NO')).quotes, 7);
  });

  it('takes all models together, each by what of it was scored', async () => {
    const { recordOf } = world(
      [
        scored({ n: 30, brier: 0.1, lastDay: '2026-04-01' }),
        scored({ modelId: 'm2', n: 10, brier: 0.2, firstDay: '2026-02-01' }),
        scored({ kind: 'clicks', n: 30, coverage: 0.9 }),
        scored({ kind: 'clicks', modelId: 'm2', n: 10, coverage: 0.5 }),
      ],
      [
        bin({ n: 30, forecast: 0.95, observed: 0.9 }),
        bin({ modelId: 'm2', n: 5, forecast: 0.95, observed: 1 }),
        bin({ modelId: 'm2', n: 5, bin: 0, forecast: 0.05, observed: 0.2 }),
      ],
    );
    // (30 x .05 - 5 x .05) + 5 x .15 over 40: what one bin has too much of one model it has too little of the other.
    assert.deepEqual(await recordOf('SE'), {
      quotes: 40,
      brier: 0.125,
      ece: 0.05,
      coverage: 0.8,
      firstDay: '2026-02-01',
      lastDay: '2026-04-01',
    });
  });

  it('has no numbers where nothing was scored', async () => {
    const { recordOf } = world([scored({ market: 'NO' }), scored({ n: 0 })], []);
    for (const markets of [['SE'], ['SE', 'NO'], []]) assert.deepEqual(await recordOf(...markets), { quotes: 0 });
    const { brier, ece, coverage } = await recordOf('NO');
    assert.deepEqual([brier, ece, coverage], [0.1, undefined, undefined]);
  });

  it('is read once in ten minutes, and shown as it was while it is read again', async () => {
    const { recordOf, scores, state } = world();
    await Promise.all([recordOf('SE'), recordOf('SE'), recordOf('NO')]);
    scores[0] = scored({ n: 11 });
    state.nowMs += 599_999;
    assert.deepEqual([(await recordOf('SE')).quotes, state.reads], [10, 2]);
    state.nowMs += 1;
    assert.deepEqual([(await recordOf('SE')).quotes, state.reads], [10, 4]);
    await nextTurn();
    assert.deepEqual([(await recordOf('SE')).quotes, state.reads], [11, 4]);
  });

  it('has no numbers while scores cannot be read, which is tried once a minute', async () => {
    const { recordOf, state } = world();
    state.error = away;
    assert.deepEqual([await recordOf('SE'), await recordOf('SE')], [{ quotes: 0 }, { quotes: 0 }]);
    assert.deepEqual([state.reads, state.problems], [2, [away]]);
    delete state.error;
    state.nowMs += 60_000;
    await recordOf('SE');
    await nextTurn();
    assert.deepEqual([(await recordOf('SE')).quotes, state.reads], [10, 4]);
  });

  it('stays what it was when scores cannot be read any more', async () => {
    const { recordOf, state } = world();
    await recordOf('SE');
    state.error = away;
    state.nowMs += 600_000;
    await recordOf('SE');
    await nextTurn();
    assert.deepEqual([(await recordOf('SE')).quotes, state.problems.length], [10, 1]);
  });

  it('is waited for no longer than half a second in all', async () => {
    const { recordOf, state } = world();
    const { promise, resolve } = Promise.withResolvers<void>();
    state.hold = promise;
    const answered: string[] = [];
    const first = recordOf('SE').finally(() => answered.push('first'));
    state.nowMs += 500;
    const later = recordOf('SE').finally(() => answered.push('later'));
    assert.deepEqual(await Promise.all([first, later]), [{ quotes: 0 }, { quotes: 0 }]);
    assert.deepEqual(answered, ['later', 'first']);
    resolve();
    await nextTurn();
    assert.equal((await recordOf('SE')).quotes, 10);
  });

  it('is made of what campaigns came to', async () => {
    const log = createMemoryLog();
    const quote = quoteIssued({ subcampaigns: [{ subcampaignId: 's1', market: 'SE', ...promised() }] });
    await log.append(
      [quote, subcampaignEnded({ subcampaignId: 's1', market: 'SE' })].map((outcome, at) =>
        rowOf(outcome, `e${at}`, START_MS),
      ),
    );
    const records = createTrackRecords({
      calibration: createMemoryCalibration(log),
      clock: () => START_MS,
      onProblem: (error) => assert.fail(String(error)),
    });
    const { quotes, brier, ece, coverage } = (await records())(['SE']);
    assert.equal(quotes, 1);
    for (const number of [brier, ece, coverage]) assert.equal(typeof number, 'number');
  });
});
