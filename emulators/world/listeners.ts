// How listeners come: each market's segment has a panel of habits that differ in how many days a listener comes and how often
// in a day, and every listener has one of them. Of a sampled request's listener it says what it did in the last ten days:
// visits and days with a visit, on the request's surface and anywhere.
import { drawInteger, drawPoisson } from './draws.ts';
import { createRandom, type Random } from './random.ts';

const WINDOW_DAYS = 10;
const PANEL = 300;

export interface ListenerSample {
  visits: number;
  activeDays: number;
  allVisits: number;
  allActiveDays: number;
}

interface Habit {
  /** Probability that the listener comes on a day. */
  daily: number;
  /** Visits of a day on which it comes, above the first. */
  moreVisits: number;
}

export interface Panel {
  habits: number;
  /** The habit behind a request that is picked from all: one of those who come often is the more likely. */
  pick(random: Random): number;
  /** Visits that a listener of this habit makes on one day; 0 when it stays away. */
  visitsOfDay(random: Random, habit: number): number;
  /** What the listener of a sampled request on this surface did. */
  sample(random: Random, habit: number, surfaceShare: number): ListenerSample;
  /** Visits that one listener of this segment makes on an average day, anywhere. */
  visitsPerDay: number;
  /** The part of listeners who come on a day. */
  activeShare: number;
}

/** The panel of a market's segment, fixed by the labels. */
export function createPanel(...labels: (string | number)[]): Panel {
  const random = createRandom('panel', ...labels);
  const habits = Array.from({ length: PANEL }, (): Habit => {
    // Half of the people come now and then, the others nearly every day.
    const daily = random() < 0.5 ? 0.05 + 0.35 * random() : 0.4 + 0.55 * random();
    return { daily, moreVisits: -1.5 * Math.log(1 - random()) };
  });
  const rates = habits.map(({ daily, moreVisits }) => daily * (1 + moreVisits));
  const total = rates.reduce((sum, rate) => sum + rate, 0);
  const cumulative: number[] = [];
  rates.reduce((sum, rate, index) => (cumulative[index] = sum + rate / total), 0);
  return {
    habits: PANEL,
    visitsPerDay: total / PANEL,
    activeShare: habits.reduce((sum, { daily }) => sum + daily, 0) / PANEL,
    pick(draw) {
      const chosen = draw();
      const index = cumulative.findIndex((bound) => chosen < bound);
      return index < 0 ? PANEL - 1 : index;
    },
    visitsOfDay(draw, habit) {
      const { daily, moreVisits } = habits[habit] as Habit;
      return draw() < daily ? 1 + drawPoisson(draw, moreVisits) : 0;
    },
    sample(draw, habit, surfaceShare) {
      const { daily, moreVisits } = habits[habit] as Habit;
      // The sampled request itself, and what else the listener did that day and on the nine before.
      const sampled: ListenerSample = { visits: 1, activeDays: 1, allVisits: 1, allActiveDays: 1 };
      for (let day = 0; day < WINDOW_DAYS; day++) {
        const isToday = day === 0;
        if (!isToday && draw() >= daily) continue;
        const visits = isToday ? earlierToday(draw, moreVisits) : 1 + drawPoisson(draw, moreVisits);
        let here = 0;
        for (let visit = 0; visit < visits; visit++) if (draw() < surfaceShare) here++;
        sampled.allVisits += visits;
        sampled.visits += here;
        if (isToday) continue;
        if (visits > 0) sampled.allActiveDays++;
        if (here > 0) sampled.activeDays++;
      }
      return sampled;
    },
  };
}

/**
 * The visits before the sampled one on its day. A day of n visits is n times as likely to be a picked request's as a day of
 * one: beside it there are a Poisson number of others, or one more. Each place among them is as likely.
 */
function earlierToday(draw: Random, moreVisits: number): number {
  const others = drawPoisson(draw, moreVisits) + (draw() < 1 / (1 + moreVisits) ? 0 : 1);
  return drawInteger(draw, 0, others);
}
