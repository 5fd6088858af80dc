// Plays a day of the live-price world under a policy.
import { createRandom, type Random } from '../../emulators/world/random.ts';
import type { LivePriceWorld } from './live-price-world.ts';

/** What a policy knows at the start of an hour: everything that has passed, and the forecast of what has not. */
export interface Now {
  hour: number;
  /** Money left of each line, 0 or more. */
  left: Float64Array;
}

/** Serves an hour. A line without money is gone from `open`, and `closed` was called since. */
export interface Server {
  /**
   * @param open eligible lines that have money
   * @param clicks expected clicks of the request
   * @returns the line that gets it, -1 for spot demand
   */
  serve(request: { cell: number; clicks: number; offer: number }, open: readonly number[]): number;
  closed(): void;
}

/** Decides once an hour how the hour is served. */
export type Policy = (now: Now, random: Random) => Server;

/** Worth of the money delivered, never more than a line's budget, and the money of spot demand. */
export function playDay(world: LivePriceWorld, policy: Policy): number {
  const { lines, requests, clickRate, hourStart, hours } = world;
  const left = lines.budget.slice();
  const open = openLines(world);
  const random = createRandom('live price serving');
  let value = 0;
  for (let hour = 0; hour < hours; hour++) {
    const server = policy({ hour, left: left.map((money) => Math.max(0, money)) }, random);
    for (let at = hourStart[hour] as number; at < (hourStart[hour + 1] as number); at++) {
      const cell = requests.cell[at] as number;
      const clicks = (clickRate[cell] as number) * (requests.multiplier[at] as number);
      const offer = requests.offer[at] as number;
      const line = server.serve({ cell, clicks, offer }, open[cell] as number[]);
      if (line < 0) {
        value += offer;
        continue;
      }
      const money = clicks * (lines.clickPrice[line] as number);
      value += (lines.worth[line] as number) * Math.min(money, left[line] as number);
      left[line] = (left[line] as number) - money;
      if (left[line] > 0) continue;
      for (const of of open) if (of.includes(line)) of.splice(of.indexOf(line), 1);
      server.closed();
    }
  }
  return value;
}

/** Of each cell: its lines. */
function openLines({ lines, clickRate }: LivePriceWorld): number[][] {
  const open: number[][] = Array.from(clickRate, () => []);
  lines.budget.forEach((_, line) => {
    for (const cell of lines.edgeCell.subarray(lines.lineStart[line], lines.lineStart[line + 1]))
      open[cell]?.push(line);
  });
  return open;
}
