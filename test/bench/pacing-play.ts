// Plays a log of opportunities to a pacer, and the most that could have been made of it.
import type { Pacer } from './pacing-pacer.ts';
import type { OpportunityLog } from './pacing-world.ts';

export interface Played {
  value: number;
  spent: number;
  won: Uint8Array;
}

/** An opportunity is won when it is worth the threshold and there is money for it; its price is paid. */
export function playLog({ minute, value, price }: OpportunityLog, budget: number, pacer: Pacer): Played {
  const won = new Uint8Array(value.length);
  let [spent, made] = [0, 0];
  for (let index = 0; index < value.length; index++) {
    const [at, own, cost] = [minute[index] as number, value[index] as number, price[index] as number];
    const threshold = pacer.thresholdAt(at);
    const isWon = own > 0 && spent + cost <= budget && (cost === 0 || own >= threshold * cost);
    if (isWon) {
      won[index] = 1;
      spent += cost;
      made += own;
    }
    pacer.tell(at, { value: own, price: cost, isWon });
  }
  return { value: made, spent, won };
}

/** The fractional knapsack in hindsight, and its threshold of value for money; 0 when there is money for all. */
export function bestInHindsight(
  { value, price }: OpportunityLog,
  budget: number,
): { value: number; threshold: number } {
  const ratio = value.map((own, index) => own / (price[index] as number));
  const order = Uint32Array.from(value.keys()).sort((a, b) => (ratio[b] as number) - (ratio[a] as number));
  let [left, made] = [budget, 0];
  for (const index of order) {
    const [own, cost] = [value[index] as number, price[index] as number];
    if (own === 0) continue;
    if (cost > left) return { value: made + (own * left) / cost, threshold: ratio[index] as number };
    left -= cost;
    made += own;
  }
  return { value: made, threshold: 0 };
}
