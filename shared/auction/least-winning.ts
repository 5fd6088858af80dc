// The second price: the least whole amount that wins, found exactly, whatever rounding does to what it is compared with.

/**
 * The least whole number from `least` to `most` for which `isWon` holds; `most` where none does.
 * @param isWon once it holds, it holds for all larger numbers
 * @param guess about where that is: right but for rounding, two looks are enough; else the range is halved
 */
export function leastWinning(
  { least, most, guess }: { least: number; most: number; guess: number },
  isWon: (amount: number) => boolean,
): number {
  let low = least;
  let high = most;
  const first = Math.max(least, Math.min(most, Math.ceil(guess)));
  if (isWon(first)) high = first;
  else low = Math.min(most, first + 1);
  if (high === first && first > least) {
    if (isWon(first - 1)) high = first - 1;
    else low = first;
  }
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    if (isWon(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}
