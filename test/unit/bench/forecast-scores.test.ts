import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { intervalScoreOf, meanErrorOf, naive2, scaleOf, smapeOf } from '../../bench/forecast-scores.ts';
import { pairSeries, readSeries } from '../../bench/series-file.ts';

const near = (value: number, expected: number) => assert(Math.abs(value - expected) < 1e-9, `${value} for ${expected}`);

describe('The scores of M4', () => {
  it('are what they are by hand', () => {
    const truth = Float64Array.of(100, 50, 0);
    near(smapeOf(Float64Array.of(110, 40, 0), truth), (200 * 10) / 210 / 3 + (200 * 10) / 90 / 3);
    near(meanErrorOf(Float64Array.of(110, 40, 0), truth), 20 / 3);
    near(scaleOf(Float64Array.of(1, 5, 2, 9), 2), (1 + 4) / 2);
    near(scaleOf(Float64Array.of(1, 5), 2), 0);
    const { score, coverage } = intervalScoreOf(Float64Array.of(90, 51, 0), Float64Array.of(99, 60, 0), truth);
    near(score, (9 + 40 * 1 + 9 + 40 * 1) / 3);
    near(coverage, 1 / 3);
  });

  it('take as Naive2 the last value where no season is, and the season where one is', () => {
    assert.deepEqual([...naive2(Float64Array.of(3, 1, 2), 24, 2)], [2, 2]);
    const factors = [0.5, 1, 1.5, 1];
    const seasonal = Float64Array.from({ length: 40 }, (_, step) => 100 * (factors[step % 4] as number));
    naive2(seasonal, 4, 6).forEach((value, step) => near(value, 100 * (factors[step % 4] as number)));
    assert.deepEqual([...naive2(new Float64Array(40), 4, 2)], [0, 0]);
  });

  it('give Naive2 of the public hourly series its published errors', async () => {
    const folder = [join('..', 'shared', 'data', 'm4-hourly')].find((path) => existsSync(path));
    if (folder === undefined) {
      console.log('      without ../shared/data/m4-hourly: Naive2 is not compared with its published errors');
      return;
    }
    const pairs = pairSeries(await readSeries(join(folder, 'train.csv')), await readSeries(join(folder, 'test.csv')));
    let [smape, mase] = [0, 0];
    for (const { train, test } of pairs) {
      const said = naive2(train, 24, test.length);
      smape += smapeOf(said, test) / pairs.length;
      mase += meanErrorOf(said, test) / scaleOf(train, 24) / pairs.length;
    }
    assert.equal(smape.toFixed(3), '18.224');
    assert.equal(mase.toFixed(3), '2.432');
  });
});
