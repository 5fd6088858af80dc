// The floor of a cell: versioned data, rows that name a segment, a surface, both or neither, as price floors are written in
// Prebid's schema.
import type { AuctionSettings } from '../contracts/serving.ts';

/**
 * The least that an opportunity of a cell is given away for, micros for a thousand impressions; 0 where no row matches. The row that
 * names most of the cell counts, the dearest among equals.
 */
export function floorCpmMicros(
  floors: AuctionSettings['floors'],
  { segment, surface }: { segment: string; surface: string },
): number {
  let found = { names: -1, cpmMicros: 0 };
  for (const row of floors) {
    if ((row.segment ?? segment) !== segment || (row.surface ?? surface) !== surface) continue;
    const names = Number(row.segment !== undefined) + Number(row.surface !== undefined);
    if (names > found.names || (names === found.names && row.cpmMicros > found.cpmMicros)) {
      found = { names, cpmMicros: row.cpmMicros };
    }
  }
  return found.cpmMicros;
}
