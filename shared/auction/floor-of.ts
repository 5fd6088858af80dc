// The least that an opportunity is sold for, by operators' rules.
import type { AuctionSettings } from '../contracts/serving.ts';

/**
 * Micros for a thousand impressions: the floor of the most specific of the rules that match, the dearest among equals; 0
 * without any. A rule for a segment is as specific as one for a surface.
 */
export function floorOf(floors: AuctionSettings['floors'], cell: { segment: string; surface: string }): number {
  let most = -1;
  let cpmMicros = 0;
  for (const floor of floors) {
    if (floor.segment !== undefined && floor.segment !== cell.segment) continue;
    if (floor.surface !== undefined && floor.surface !== cell.surface) continue;
    const specific = Number(floor.segment !== undefined) + Number(floor.surface !== undefined);
    if (specific < most) continue;
    cpmMicros = specific > most ? floor.cpmMicros : Math.max(cpmMicros, floor.cpmMicros);
    most = specific;
  }
  return cpmMicros;
}
