import assert from 'node:assert/strict';
import fc from 'fast-check';
import { leastWinning } from '../../../shared/auction/least-winning.ts';

const amounts = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('the least amount that wins', () => {
  it('is found whatever the guess', () => {
    const guesses = fc.oneof(amounts, fc.constantFrom(-Infinity, -1, 0.5, Infinity));
    fc.assert(
      fc.property(amounts, amounts, amounts, guesses, (one, other, third, guess) => {
        const [least, needed, most] = [one, other, third].sort((a, b) => a - b) as [number, number, number];
        assert.equal(
          leastWinning({ least, most, guess }, (amount) => amount >= needed),
          needed,
        );
      }),
    );
  });

  it('needs two looks where the guess is right', () => {
    let looks = 0;
    const isWon = (amount: number) => {
      looks += 1;
      return amount >= 500;
    };
    assert.equal(leastWinning({ least: 1, most: 1e15, guess: 499.3 }, isWon), 500);
    assert.equal(looks, 2);
  });

  it('is the most where none wins, and the least where all do', () => {
    for (const guess of [0, 5, 9]) {
      assert.equal(
        leastWinning({ least: 1, most: 9, guess }, () => false),
        9,
      );
      assert.equal(
        leastWinning({ least: 1, most: 9, guess }, () => true),
        1,
      );
    }
    assert.equal(
      leastWinning({ least: 3, most: 3, guess: 3 }, () => false),
      3,
    );
  });
});
