// The rules that the loop is measured beside, which know no prices. Unlike the loop, they know at once what was served, and
// what it will have cost.
import type { Random } from '../../emulators/world/random.ts';
import type { Now, Policy, Server } from './live-price-day.ts';
import type { LivePriceWorld } from './live-price-world.ts';

/** The line that was booked first has it, as long as it has money; spot demand has what no line wants. */
export function firstCome(): Policy {
  return () => ({
    serve: (_, open) => open.reduce((first, line) => (first < 0 || line < first ? line : first), -1),
    closed: () => undefined,
  });
}

/** The power of what they pay by which remnant ads are drawn. */
const REMNANT_POWER = 5;

/**
 * The planner of Revive Adserver, as its maintenance runs: each hour a contract line is to have what its remaining clicks
 * need at the average rate, in proportion to what the hour's zones saw last week of what is left of the flight; spread
 * over its zones by their forecast, which is what they had the hour before; scaled down where a zone is short, without
 * looking for room in another. What a zone's contract lines leave goes to remnant ads by what they pay, to the power of
 * {@link REMNANT_POWER}: auctioned lines and spot demand.
 */
export function revive(world: LivePriceWorld, isRemnant: (line: number) => boolean): Policy {
  return (now, random) => serveRevive(world, isRemnant, chancesOf(world, now, isRemnant), random);
}

/** Of each cell: the chance of each of its contract lines to have a request, at most 1 together. */
function chancesOf(
  world: LivePriceWorld,
  { hour, left }: Now,
  isRemnant: (line: number) => boolean,
): Map<number, number>[] {
  const { lines, clickRate, forecast, hours } = world;
  const available = zoneForecast(world, hour);
  const chances = available.map(() => new Map<number, number>());
  left.forEach((money, line) => {
    if (money === 0 || isRemnant(line)) return;
    const zones = Array.from(lines.edgeCell.subarray(lines.lineStart[line], lines.lineStart[line + 1]));
    const expectedOf = (from: number, to: number) => {
      let [requests, clicks] = [0, 0];
      for (let at = from; at < to; at++) {
        for (const cell of zones) {
          const count = forecast[at * clickRate.length + cell] as number;
          requests += count;
          clicks += count * (clickRate[cell] as number);
        }
      }
      return { requests, clicks };
    };
    const [next, rest] = [expectedOf(hour, hour + 1), expectedOf(hour, hours)];
    const required =
      (money / (lines.clickPrice[line] as number) / (rest.clicks / rest.requests)) * (next.requests / rest.requests);
    const total = zones.reduce((sum, cell) => sum + (available[cell] as number), 0);
    for (const cell of zones) if (total > 0) (chances[cell] as Map<number, number>).set(line, required / total);
  });
  for (const ofCell of chances) {
    const desired = [...ofCell.values()].reduce((sum, chance) => sum + chance, 0);
    if (desired > 1) for (const [line, chance] of ofCell) ofCell.set(line, chance / desired);
  }
  return chances;
}

/** What each zone had in the hour before; in the first hour what last week's curve says. */
function zoneForecast({ clickRate, forecast, requests, hourStart }: LivePriceWorld, hour: number): number[] {
  if (hour === 0) return Array.from(forecast.subarray(0, clickRate.length));
  const counts = Array.from(clickRate, () => 0);
  for (let at = hourStart[hour - 1] as number; at < (hourStart[hour] as number); at++) {
    const cell = requests.cell[at] as number;
    counts[cell] = (counts[cell] as number) + 1;
  }
  return counts;
}

function serveRevive(
  { lines }: LivePriceWorld,
  isRemnant: (line: number) => boolean,
  chances: readonly ReadonlyMap<number, number>[],
  random: Random,
): Server {
  return {
    serve: ({ cell, clicks, offer }, open) => {
      let drawn = random();
      for (const line of open) {
        drawn -= chances[cell]?.get(line) ?? 0;
        if (drawn < 0) return line;
      }
      const remnant = open.filter(isRemnant);
      const weights = remnant.map((line) => (clicks * (lines.clickPrice[line] as number)) ** REMNANT_POWER);
      let left = random() * weights.reduce((sum, weight) => sum + weight, offer ** REMNANT_POWER);
      return remnant.find((_, index) => (left -= weights[index] as number) < 0) ?? -1;
    },
    closed: () => undefined,
  };
}
