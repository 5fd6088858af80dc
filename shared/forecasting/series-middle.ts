// The median of a few numbers, for kernels: a column is filled and sorted again and again.

/** Sorts in place, by insertion: there are few. NaN of nothing. */
export function middleOf(column: Float64Array): number {
  for (let end = 1; end < column.length; end++) {
    const value = column[end] as number;
    let at = end;
    for (; at > 0 && (column[at - 1] as number) > value; at--) column[at] = column[at - 1] as number;
    column[at] = value;
  }
  const middle = column.length >> 1;
  const upper = column[middle] ?? NaN;
  return column.length % 2 === 1 ? upper : ((column[middle - 1] as number) + upper) / 2;
}
