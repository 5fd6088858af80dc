import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gapNoise, trimPrice, type TrimInput } from '../../../shared/pacing/trim-price.ts';

const CAP = 0.999;
const solved: TrimInput = { price: 0.5, cap: CAP, gap: 0, noise: 0, minutes: 5, trim: 0 };

/** Ticks in a row with the same solved price and gap. */
function after(ticks: number, input: TrimInput) {
  let trimmed = trimPrice(input);
  for (let tick = 1; tick < ticks; tick++) trimmed = trimPrice({ ...input, trim: trimmed.trim });
  return trimmed;
}

describe('trimming a price', () => {
  it('leaves a price alone whose spending is on its plan', () => {
    assert.deepEqual(after(1000, solved), { price: 0.5, trim: 0 });
    assert.deepEqual(after(1000, { ...solved, price: 0 }), { price: 0, trim: 0 });
  });

  it('moves what is kept of the worth by twice the gap, and by a hundredth of it for each minute', () => {
    const { price, trim } = trimPrice({ ...solved, gap: 0.1 });
    assert.equal(trim.toFixed(12), '0.005000000000');
    assert.equal((1 - price).toFixed(12), (0.5 * Math.exp(0.205)).toFixed(12));
    const ahead = trimPrice({ ...solved, gap: -0.1 });
    assert.equal((1 - ahead.price).toFixed(12), (0.5 * Math.exp(-0.205)).toFixed(12));
  });

  it('learns as much in five ticks of a minute as in one of five', () => {
    const { trim } = after(5, { ...solved, gap: 0.04, minutes: 1 });
    assert.equal(trim.toFixed(12), trimPrice({ ...solved, gap: 0.04 }).trim.toFixed(12));
  });

  it('keeps what it has learned when the gap has closed', () => {
    const { trim } = after(20, { ...solved, gap: -0.02 });
    assert(trim < 0);
    assert.deepEqual(trimPrice({ ...solved, trim }), {
      price: -Math.expm1(Math.log1p(-0.5) + trim),
      trim,
    });
  });

  it('never winds up: a line at price 0 that is behind learns nothing, however long it lasts', () => {
    const stuck = after(100_000, { ...solved, price: 0, gap: 1 });
    assert.deepEqual(stuck, { price: 0, trim: 0 });
    const ahead = trimPrice({ ...solved, price: 0, gap: -0.1, trim: stuck.trim });
    assert(ahead.price > 0, 'the first tick that is ahead raises the price');
  });

  it('never winds up: a line at its cap that is ahead learns nothing', () => {
    assert.deepEqual(after(100_000, { ...solved, price: CAP, gap: -1 }), { price: CAP, trim: 0 });
  });

  it('forgets of what it has learned what the next solved price has no room for', () => {
    const { trim } = after(1000, { ...solved, price: 0.9, gap: 0.5 });
    assert.equal(trim.toFixed(9), (-Math.log1p(-0.9)).toFixed(9));
    assert.equal(trimPrice({ ...solved, price: 0.1, trim }).trim.toFixed(9), (-Math.log1p(-0.1)).toFixed(9));
    assert.deepEqual(trimPrice({ ...solved, price: 0, trim }), { price: 0, trim: 0 });
  });

  it('takes a solved price above its cap as the cap', () => {
    assert.deepEqual(trimPrice({ ...solved, price: 1 }), { price: CAP, trim: 0 });
  });

  it('believes a gap of the size of its noise by half, a smaller one hardly', () => {
    const move = (gap: number) =>
      Math.log1p(-trimPrice({ ...solved, gap, noise: 0.05, minutes: 0 }).price) - Math.log(0.5);
    assert.equal(move(0.05).toFixed(9), '0.050000000');
    assert.equal(move(0.01).toFixed(9), (0.02 / 26).toFixed(9));
    assert(move(-0.5) < 0.99 * 2 * -0.5);
  });

  it('takes the noise of a gap from the number of clicks: 10% of 100 clicks that were due, 1% of 10,000', () => {
    const price = { clickPriceMicros: 500_000, budgetMicros: 100_000_000 };
    assert.equal(gapNoise({ ...price, accruedMicros: 50_000_000 }), 0.05);
    assert.equal(gapNoise({ ...price, accruedMicros: 0 }), 0.005);
    assert.equal(gapNoise({ clickPriceMicros: 5_000, budgetMicros: 100_000_000, accruedMicros: 50_000_000 }), 0.005);
    assert.equal(gapNoise({ ...price, accruedMicros: 0, budgetMicros: 0 }), 0);
  });

  it('stays inside its range and is no NaN, whatever comes', () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    const arbitrary = fc.record({
      price: unit,
      cap: fc.constantFrom(0, 0.5, CAP),
      gap: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      noise: fc.double({ min: 0, max: 10, noNaN: true }),
      minutes: fc.double({ min: 0, max: 1e5, noNaN: true }),
      trim: fc.double({ min: -1000, max: 1000, noNaN: true }),
    });
    fc.assert(
      fc.property(arbitrary, (input) => {
        const { price, trim } = trimPrice(input);
        assert(price >= 0 && price <= input.cap, `a price of ${price}`);
        const room = -Math.log1p(-Math.min(input.price, input.cap));
        assert(trim <= room && trim >= room + Math.log1p(-input.cap), `a trim of ${trim}`);
      }),
    );
  });
});
