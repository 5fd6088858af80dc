// What others do with the same opportunities: LinkedIn's throttle, AuctionNet's rule and dual mirror descent.
import type { Random } from '../../emulators/world/random.ts';
import type { Pacer } from './pacing-pacer.ts';
import { DAY_MINUTES, type OpportunityLog } from './pacing-world.ts';

/**
 * Takes part in a share of the opportunities, whatever they are worth: each minute a tenth more of them while spending is no
 * further than the traffic of yesterday says, else a tenth less (Agarwal et al., KDD 2014, budget pacing for targeted online
 * advertisements at LinkedIn); the last two hours count as without traffic.
 */
export function linkedinThrottle(before: OpportunityLog, budget: number, random: Random): Pacer {
  const passed = trafficByMinute(before, DAY_MINUTES - 120);
  let [spent, share, lastMinute] = [0, 0.1, 0];
  return {
    thresholdAt(at) {
      for (const minute = Math.floor(at); lastMinute < minute; lastMinute++) {
        share = Math.min(1, share * (spent <= (passed[lastMinute] as number) * budget ? 1.1 : 0.9));
      }
      return random() < share ? 0 : Infinity;
    },
    tell(_minute, { price, isWon }) {
      if (isWon) spent += price;
    },
  };
}

/** The bid times 1.2 when less than 0.7 of the money would be used, times 0.7 when more than 1.1, each half hour (AuctionNet). */
export function auctionNetRule(start: number, budget: number): Pacer {
  let [spent, spentBefore, threshold, nextMinute] = [0, 0, start, 30];
  return {
    thresholdAt(minute) {
      while (minute >= nextMinute) {
        const ahead = ((spent - spentBefore) / 30) * (DAY_MINUTES - nextMinute);
        const use = ahead / Math.max(1e-12, budget - spent);
        if (use < 0.7) threshold /= 1.2;
        if (use > 1.1) threshold /= 0.7;
        spentBefore = spent;
        nextMinute += 30;
      }
      return threshold;
    },
    tell(_minute, { price, isWon }) {
      if (isWon) spent += price;
    },
  };
}

/** Dual mirror descent with the entropy, event by event: mu <- mu exp(-eta (1 - cost / rho)), eta = 1 / sqrt T (Balseiro, Lu and Mirrokni, Operations Research 2023). */
export function mirrorDescent(start: number, budget: number, opportunities: number): Pacer {
  let threshold = start;
  const each = budget / opportunities;
  const step = 1 / Math.sqrt(opportunities);
  return {
    thresholdAt: () => threshold,
    tell(_minute, { price, isWon }) {
      threshold *= Math.exp(-step * Math.max(-10, 1 - (isWon ? price : 0) / each));
    },
  };
}

/** The share of a log's traffic before the end of each minute, what comes after `lastMinute` left out. */
function trafficByMinute({ minute }: OpportunityLog, lastMinute: number): Float64Array {
  const counts = new Float64Array(DAY_MINUTES);
  for (const at of minute) if (at < lastMinute) counts[Math.floor(at)] = (counts[Math.floor(at)] as number) + 1;
  const whole = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  let sum = 0;
  return counts.map((count) => (sum += count) / whole);
}
