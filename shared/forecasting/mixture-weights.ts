// How much of each of some fixed laws there is in what was counted: the step that both of forecasting's mixtures share.

/**
 * Weights of a mixture of fixed atoms by expectation maximisation (Dempster, Laird, Rubin, JRSS B 39, 1977): each step
 * shares every row's count among the atoms in proportion to weight x likelihood. The likelihood never falls. Few steps
 * from a smooth start keep what the counts cannot tell smooth: that is the regularisation, so `steps` matters.
 * @param likelihood of a row under an atom, rows x atoms, up to a factor of the row; some atom's is above 0 in each
 * @param counts of the rows
 * @param start above 0, one of each atom
 * @returns amounts of counts, one of each atom
 */
export function mixtureWeights(
  likelihood: Float64Array,
  counts: ArrayLike<number>,
  start: Float64Array,
  steps: number,
): Float64Array {
  const atoms = start.length;
  const spans = Array.from(counts, (_, row) => spanOf(likelihood.subarray(row * atoms, (row + 1) * atoms)));
  let weights = Float64Array.from(start);
  let shared = new Float64Array(atoms);
  for (let step = 0; step < steps; step++) {
    shared.fill(0);
    for (let row = 0; row < counts.length; row++) shareRow(row);
    [weights, shared] = [shared, weights];
  }
  return weights;

  function shareRow(row: number): void {
    const offset = row * atoms;
    const [from, to] = spans[row] as [number, number];
    let all = 0;
    for (let atom = from; atom < to; atom++) all += (weights[atom] as number) * (likelihood[offset + atom] as number);
    if (!(all > 0)) return;
    const scale = (counts[row] as number) / all;
    for (let atom = from; atom < to; atom++) {
      const part = (weights[atom] as number) * (likelihood[offset + atom] as number) * scale;
      shared[atom] = (shared[atom] as number) + part;
    }
  }
}

/** Where a row's likelihoods are: outside all are 0. */
function spanOf(row: Float64Array): [from: number, to: number] {
  const from = row.findIndex((value) => value > 0);
  return from < 0 ? [0, 0] : [from, row.findLastIndex((value) => value > 0) + 1];
}
