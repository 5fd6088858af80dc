import assert from 'node:assert/strict';
import { drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { nowcastAhead } from '../../../shared/forecasting/nowcast-ahead.ts';
import { nowcastFactor } from '../../../shared/forecasting/nowcast.ts';

const spreads = { market: 0.2, own: 0.3 };

describe('the nowcast of hours ahead', () => {
  it('moves the next hour by the factor seen, tomorrow by half of it, later ones by less and less', () => {
    const seen = [{ expected: 100, observed: 150 }];
    const factors = nowcastAhead(seen, spreads, 49);
    const whole = nowcastFactor(seen, spreads);
    const near = (hour: number, power: number) => assert(Math.abs((factors[hour] as number) - whole ** power) < 1e-12);
    near(0, 1);
    near(24, 0.5);
    near(48, 0.25);
  });

  it('moves nothing when nothing was seen, and gives nothing of no hours', () => {
    assert.deepEqual([...nowcastAhead([], spreads, 2)], [1, 1]);
    assert.equal(nowcastAhead([], spreads, 0).length, 0);
  });

  it('comes nearer to what comes, today and tomorrow, when surprises last', () => {
    const random = createRandom(3, 'nowcast-ahead');
    const sums = { moved: [0, 0], left: [0, 0] };
    for (let world = 0; world < 2000; world++) {
      const today = 0.2 * drawNormal(random);
      const tomorrow = 0.5 * today + 0.2 * Math.sqrt(0.75) * drawNormal(random);
      const seen = Array.from({ length: 6 }, () => ({
        expected: 10,
        observed: 10 * Math.exp(today + 0.3 * drawNormal(random)),
      }));
      const factors = nowcastAhead(seen, spreads, 25);
      [today, tomorrow].forEach((truth, day) => {
        sums.moved[day] = (sums.moved[day] as number) + (Math.log(factors[24 * day] as number) - truth) ** 2;
        sums.left[day] = (sums.left[day] as number) + truth ** 2;
      });
    }
    const [today, tomorrow] = sums.moved.map((sum, day) => sum / (sums.left[day] as number)) as [number, number];
    assert(today < 0.35 && tomorrow < 0.9, `${today}, ${tomorrow}`);
  });

  it('refuses what the nowcast refuses', () => {
    assert.throws(() => nowcastAhead([{ expected: 1, observed: NaN }], spreads, 1), /observation 0/);
    assert.throws(() => nowcastAhead([], { market: -1, own: 0 }, 1), /spread market/);
  });
});
