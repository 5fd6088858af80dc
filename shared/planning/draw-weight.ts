// How lines that want the same opportunity share it: nearly equal lines draw, a clearly better one wins.

/** The power a line's net worth is drawn with. A line 1% behind the best has half its chance, one 10% behind a thousandth. */
export const DRAW_POWER = 64;

/**
 * The weight of a line in the draw for an opportunity, 0 to 1: (netWorth / best) ^ {@link DRAW_POWER}. A line's chance is
 * its weight over the weights of all eligible lines. A linear programme leaves lines of equal net worth undecided, and at
 * the right prices most are: a draw that is smooth in the price makes the price decide (Vee, Vassilvitskii and
 * Shanmugasundaram, EC 2010, ask for a strictly convex objective for the same reason).
 * @param netWorth what the line is worth per expected click net of its price, 0 or more
 * @param best the highest of the eligible lines, above 0
 */
export function drawWeight(netWorth: number, best: number): number {
  // Squares, not Math.pow: the same on every machine to the last bit, and this is the innermost loop.
  const to1 = netWorth / best;
  const to2 = to1 * to1;
  const to4 = to2 * to2;
  const to8 = to4 * to4;
  const to16 = to8 * to8;
  const to32 = to16 * to16;
  return to32 * to32;
}
