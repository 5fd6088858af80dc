import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../../emulators/world/random.ts';
import { readLog, type Observed } from '../../bench/response-log.ts';
import { crossValidate, rollOrigin } from '../../bench/response-protocol.ts';
import { UsageError } from '../../bench/usage-error.ts';

const HEADER = ',timestamp,item_id,position,click,propensity_score,user_feature_0';
const ROW = '0,2019-11-24 05:01:03,2,3,1,0.25,u0';

describe('a log of impressions', () => {
  let folder = '';
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'response-log-'))));
  after(() => rm(folder, { recursive: true }));
  const logOf = async (...lines: string[]) => {
    const file = join(folder, 'a.csv');
    await writeFile(file, lines.join('\n'));
    return readLog(file);
  };

  it('is read by the names of its columns, the score being how much more often than at random an item is shown', async () => {
    const [first, second, ...others] = await logOf(HEADER, ROW, '1,2019-11-25 23:00:00,7,1,0,0.5,u0', '');
    assert.deepEqual(first, {
      factors: { log: 'a', item: '2', position: '3' },
      day: Date.UTC(2019, 10, 24) / 86_400_000,
      hour: 5,
      impressions: 1,
      clicks: 1,
      score: -0.7,
    });
    assert.deepEqual([second?.hour, second?.clicks, second?.score, others], [23, 0, 0, []]);
  });

  it('needs no propensities', async () => {
    const [row] = await logOf('timestamp,item_id,position,click', '2019-11-24 05:01:03,2,3,1');
    assert.equal(row?.score, 0);
  });

  it('is refused for what is missing or makes no sense, with the row', async () => {
    await assert.rejects(readLog(join(folder, 'none.csv')), UsageError);
    await assert.rejects(logOf('timestamp,item_id,click', ROW), /no column position/);
    for (const bad of [
      '1,yesterday,2,3,1,0.25,u0',
      '1,2019-11-24 05:01:03,2,3,2,0.25,u0',
      '1,2019-11-24 05:01:03,2,3,1,0,u0',
      '1',
    ]) {
      await assert.rejects(logOf(HEADER, ROW, bad), /row 2 is no impression/);
    }
  });
});

/** Six days at three positions, the first of which is clicked `lift` times as often. */
function logOf(lift: number): Observed[] {
  const random = createRandom(1, 'protocol');
  return Array.from({ length: 12_000 }, (_, index): Observed => {
    const position = `${(index % 3) + 1}`;
    const clicks = random() < 0.02 * (position === '1' ? lift : 1) ? 1 : 0;
    const [day, hour] = [Math.floor(index / 2000), index % 24];
    return { factors: { log: 'a', item: `${index % 7}`, position }, day, hour, impressions: 1, clicks, score: 0 };
  });
}

describe('the protocol of the bench', () => {
  const log = console.error;
  before(() => (console.error = () => undefined));
  after(() => (console.error = log));

  it('finds what can be learned, and finds nothing where there is nothing', () => {
    for (const scores of [crossValidate(logOf(4), { folds: 5, repeats: 1 }), rollOrigin(logOf(4), 3)]) {
      assert(scores.gain > 20, `${scores.gain}`);
      assert(scores.logLoss < scores.globalLogLoss && scores.logLoss < scores.cellLogLoss);
    }
    const scores = crossValidate(logOf(1), { folds: 5, repeats: 1 });
    assert(scores.gain < 3 && scores.gain > -10, `${scores.gain}`);
  });

  it('never shows a model the impressions that it predicts', () => {
    // A position that is clicked in its last day alone cannot be known to be before that day.
    const late = logOf(1).map((one) => ({
      ...one,
      clicks: one.day === 5 && one.factors.position === '2' ? 1 : one.clicks,
    }));
    assert((rollOrigin(late, 5).positions.get('2')?.ratio as number) < 0.05);
  });
});
