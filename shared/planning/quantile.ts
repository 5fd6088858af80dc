// The quantile of a sample.

/** Between the two nearest of the sorted sample, in proportion (Hyndman and Fan, American Statistician 50, 1996, type 7). */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  const at = probability * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return below + (above - below) * (at - Math.floor(at));
}
