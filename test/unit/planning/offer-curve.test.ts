import assert from 'node:assert/strict';
import { LAST_NODE, NODES_PER_OCTAVE, offerCurves } from '../../../shared/planning/offer-curve.ts';

const floats = (...values: number[]) => Float64Array.from(values);
const indices = (...values: number[]) => Uint32Array.from(values);

/** Two cells with 100 expected clicks to come in each. */
const cells = { opportunities: floats(1_000, 500), clickRate: floats(0.1, 0.2) };

/** What a line wins of a cell whose net worth is `top` times this factor. */
function won(curves: Float64Array, cell: number, factor: number): number {
  const at = -Math.log2(factor) * NODES_PER_OCTAVE;
  const node = Math.min(LAST_NODE - 1, Math.floor(at));
  const read = (index: number) => curves[cell * (LAST_NODE + 1) + index] as number;
  return read(node) + (at - node) * (read(node + 1) - read(node));
}

function assertClose(actual: number, expected: number, tolerance = 0.01): void {
  assert(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);
}

describe('Curves of what is won against offers', () => {
  it('give everything to everybody where nobody offers', () => {
    for (const sample of [
      { cell: indices(), multiplier: floats() },
      { cell: indices(0, 1), multiplier: floats(1, 1) },
      { cell: indices(0, 1), multiplier: floats(1, 1), offer: floats(0, 0) },
    ]) {
      const curves = offerCurves(sample, cells, 1);
      for (const factor of [1, 0.3, 2 ** -16]) for (const cell of [0, 1]) assertClose(won(curves, cell, factor), 100);
    }
  });

  it('give the half of a request to a line that is worth what is offered, all and nothing well above and below', () => {
    for (const [threshold, top] of [[0.5, 1] as const, [0.0123, 1] as const, [77, 500] as const]) {
      const sample = { cell: indices(0), multiplier: floats(1), offer: floats(0.1 * threshold) };
      const curves = offerCurves(sample, cells, top);
      // Which cell was seen does not matter: the other borrows.
      for (const cell of [0, 1]) {
        assertClose(won(curves, cell, threshold / top), 50, 2);
        assertClose(won(curves, cell, (1.6 * threshold) / top), 100, 0.1);
        assertClose(won(curves, cell, threshold / top / 1.6), 0, 0.1);
      }
    }
  });

  it('lose nobody who offers next to nothing', () => {
    const sample = { cell: indices(0), multiplier: floats(1), offer: floats(0.1 * 2 ** -15.9) };
    assertClose(won(offerCurves(sample, cells, 1), 0, 0.5), 100);
  });

  it('count a good listener for more, and take it from a higher offer', () => {
    const sample = { cell: indices(0, 0), multiplier: floats(3, 1), offer: floats(0.15, 0.01) };
    const curves = offerCurves(sample, cells, 1);
    // Half a unit of money a click is asked for the first, a tenth for the second: of 100 x mean response 2, three in four.
    assertClose(won(curves, 0, 0.99), 200, 0.5);
    assertClose(won(curves, 0, 0.25), 50, 0.5);
    assertClose(won(curves, 0, 0.05), 0, 0.1);
  });

  it('mix what a cell showed with the sample of all cells, which counts twenty requests', () => {
    const count = 80;
    const cell = Uint32Array.from({ length: count }, (_, request) => (request < 20 ? 1 : 0));
    // Listeners of the second cell respond with 3, of the first with 1; the mean of all is 1.5.
    const multiplier = Float64Array.from(cell, (of) => (of === 1 ? 3 : 1));
    const curves = offerCurves({ cell, multiplier }, cells, 1);
    assertClose(won(curves, 0, 1), (100 * (60 * 1 + 20 * 1.5)) / 80);
    assertClose(won(curves, 1, 1), (100 * (20 * 3 + 20 * 1.5)) / 40);
  });

  it('give nothing below the floor, of borrowed requests neither', () => {
    const sample = { cell: indices(0), multiplier: floats(1), offer: floats(0.01) };
    const curves = offerCurves(sample, { ...cells, floor: floats(0.05, 0.05) }, 1);
    assertClose(won(curves, 0, 0.25), 0, 0.1);
    assertClose(won(curves, 0, 0.99), 100, 0.1);
    assertClose(won(curves, 1, 0.25), 50, 0.5);
    assertClose(won(curves, 1, 0.12), 0, 0.1);
  });

  it('never rise with a lower net worth, nor pass what is to come', () => {
    const offer = Float64Array.from({ length: 50 }, (_, request) => 0.1 * 1.5 ** (request - 40));
    const sample = { cell: new Uint32Array(50), multiplier: new Float64Array(50).fill(1), offer };
    const curve = offerCurves(sample, cells, 1).subarray(0, LAST_NODE + 1);
    assert((curve[0] as number) <= 100);
    for (let node = 0; node < LAST_NODE; node++) assert((curve[node] as number) >= (curve[node + 1] as number));
    assert((curve[LAST_NODE] as number) > 0, 'even the least worth wins what hardly anybody offers for');
  });

  it('are 0 of cells without opportunities, without clicks, and of listeners who never respond', () => {
    const sample = { cell: indices(0, 1), multiplier: floats(1, 1), offer: floats(0.01, 0.01) };
    assert(
      offerCurves(sample, { opportunities: floats(0, 500), clickRate: floats(0.1, 0) }, 1).every((one) => one === 0),
    );
    const silent = { ...sample, multiplier: floats(0, 0), offer: floats(0, 1) };
    assert(offerCurves(silent, cells, 1).every((one) => one === 0));
  });
});
