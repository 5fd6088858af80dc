// The median of a few numbers, for kernels: a column is filled and sorted again and again.

/** Sorts in place; NaN of nothing. */
export function middleOf(column: Float64Array): number {
  column.sort();
  const middle = column.length >> 1;
  const upper = column[middle] ?? NaN;
  return column.length % 2 === 1 ? upper : ((column[middle - 1] as number) + upper) / 2;
}
