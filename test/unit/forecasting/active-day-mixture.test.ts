import assert from 'node:assert/strict';
import { fitActiveDays } from '../../../shared/forecasting/active-day-mixture.ts';
import { mixtureWeights } from '../../../shared/forecasting/mixture-weights.ts';

/** Listeners by active days of a window, each coming with its probability, drawn out. */
function windowOf(days: number, kinds: readonly { listeners: number; probability: number }[]): number[] {
  const counts = Array<number>(days + 1).fill(0);
  for (const { listeners, probability } of kinds) {
    let law = [1];
    for (let day = 0; day < days; day++) {
      law = [...law, 0].map((mass, count) => mass * (1 - probability) + (law[count - 1] ?? 0) * probability);
    }
    law.forEach((mass, count) => (counts[count] = (counts[count] as number) + listeners * mass));
  }
  return counts.slice(1);
}
const total = (amounts: Iterable<number>) => [...amounts].reduce((sum, amount) => sum + amount, 0);

describe('the daily probabilities of listeners', () => {
  it('say how many come for the first time in the days that follow', () => {
    for (const probability of [0.02, 0.1, 0.3]) {
      const { probabilities, seen, unseen } = fitActiveDays(windowOf(10, [{ listeners: 1000, probability }]));
      const missed = (1 - probability) ** 10;
      assert(Math.abs(total(seen) - 1000 * (1 - missed)) < 1e-6);
      const newcomers = total(unseen.map((people, atom) => people * (1 - (1 - (probabilities[atom] as number)) ** 10)));
      const expected = 1000 * missed * (1 - missed);
      assert(Math.abs(newcomers - expected) < 12, `${probability}: ${newcomers}, ${expected}`);
    }
  });

  it('tell two kinds of listeners apart', () => {
    const { probabilities, seen } = fitActiveDays(
      windowOf(10, [
        { listeners: 300, probability: 0.8 },
        { listeners: 700, probability: 0.05 },
      ]),
    );
    const often = total(seen.filter((_, atom) => (probabilities[atom] as number) > 0.5));
    assert(Math.abs(often - 300) < 15, `${often}`);
  });
});

describe('weights of a mixture', () => {
  it('are the counts when each row has an atom of its own', () => {
    assert.deepEqual([...mixtureWeights(Float64Array.of(1, 0, 0, 1), [3, 5], Float64Array.of(1, 1), 1)], [3, 5]);
  });

  it('never become less likely by a step, and keep the count', () => {
    const likelihood = Float64Array.from({ length: 30 }, (_, index) => ((index * 7919) % 31) / 31 + 0.01);
    const counts = [4, 0, 7, 1, 2, 9];
    const start = Float64Array.of(1, 2, 3, 4, 5);
    let before = -Infinity;
    for (let steps = 0; steps < 40; steps++) {
      const weights = mixtureWeights(likelihood, counts, start, steps);
      const all = total(weights);
      if (steps > 0) assert(Math.abs(all - 23) < 1e-9);
      const now = counts.reduce((sum, count, row) => {
        return (
          sum +
          count *
            Math.log(
              weights.reduce((mass, weight, atom) => mass + (weight / all) * (likelihood[row * 5 + atom] as number), 0),
            )
        );
      }, 0);
      assert(now >= before - 1e-12);
      before = now;
    }
  });

  it('are nothing of nothing', () => {
    assert.deepEqual([...mixtureWeights(Float64Array.of(1, 1), [0], Float64Array.of(1, 1), 5)], [0, 0]);
  });
});
