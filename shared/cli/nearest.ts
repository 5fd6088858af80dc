// What somebody probably meant to type.

/** The candidate with the fewest edits, if it is near enough to be meant; undefined otherwise. */
export function nearest(typed: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.max(2, Math.ceil(typed.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = candidate.startsWith(typed) && typed !== '' ? 0 : editDistance(typed, candidate);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

/** `; did you mean x?`, or nothing. */
export function suggestion(typed: string, candidates: Iterable<string>): string {
  const meant = nearest(typed, candidates);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

/** Insertions, deletions and replacements between two words (Wagner and Fischer 1974). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_cell, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** What to say of a market that has no document. */
export function unknownMarket(market: string, known: readonly string[]): string {
  const names = known.join(', ') || 'none';
  return `market ${market} has no supply and no book${suggestion(market, known) || '.'} Known markets: ${names}`;
}
