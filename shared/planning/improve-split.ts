// Looks for a better split where money ends inside a convex stretch of a curve: a stretch that pays as a whole only should be
// taken whole or left, and which ones fit a budget together is a knapsack.
//
// Everything is told in loss. At the price of the last money a part at its best point loses nothing, and a split of the whole
// budget brings its Lagrangian bound less the losses of its parts. So what beats a split has no part that alone loses as
// much: only such points are packed, in a dynamic programme over buckets of money that keeps exact micros (Nemhauser and
// Ullmann, 1969, with one state a bucket). Pairs of parts then exchange what one state a bucket has cost.
import assert from 'node:assert/strict';
import { sumMicros } from '../contracts/micros.ts';
import { responseAt, type ResponseCurve } from './response-curve.ts';

/** Of what the split brings: a round of exchange that gains less is the last. */
const NEGLIGIBLE = 1e-6;
/** More than the steps of common grids, so that points of one grid never share a bucket. */
const BUCKETS = 512;
/** Where points of a curve are further apart, in buckets, others are put between them; closer ones crowd a bucket out. */
const SPACING = 2;

/**
 * Shares of the same sum, inside floors and caps, that bring at least as much as those given. Near the best, not proven to
 * be it.
 * @param sharesMicros of each part, whole micros from floor to cap
 * @param price response per micro, above 0: the slope of the hulls where the money ends
 */
export function improveSplit(
  parts: readonly { curve: ResponseCurve; floorMicros: number; capMicros: number }[],
  sharesMicros: readonly number[],
  price: number,
): number[] {
  const freeMicros = sumMicros(sharesMicros) - sumMicros(parts.map((part) => part.floorMicros));
  const width = Math.max(1, freeMicros / BUCKETS);
  const ladders = parts.map(({ curve, floorMicros, capMicros }) =>
    ladder(
      curve,
      floorMicros,
      Math.min(Math.max(floorMicros, capMicros), floorMicros + freeMicros),
      SPACING * width,
      price,
    ),
  );
  const worth = parts.reduce((sum, { curve }, index) => sum + responseAt(curve, sharesMicros[index] as number), 0);
  const loss = totalLoss(ladders, sharesMicros);
  const packed = pack(ladders, { freeMicros, width, price }, loss);
  const better = packed && totalLoss(ladders, packed) < loss ? packed : [...sharesMicros];
  exchange(ladders, better, NEGLIGIBLE * worth);
  return better;
}

/** The points that a part may be at, from floor to cap, and what each loses; straight between them. */
interface Ladder {
  micros: Float64Array;
  loss: Float64Array;
}

/** The points of the curve from floor to top, and points between them where they are further apart than `spacing`. */
function ladder(curve: ResponseCurve, floorMicros: number, topMicros: number, spacing: number, price: number): Ladder {
  const points = [floorMicros];
  for (const amount of [...curve.micros.filter((micros) => micros < topMicros), topMicros]) {
    const from = points.at(-1) as number;
    const steps = Math.ceil((amount - from) / spacing);
    for (let step = 1; step < steps; step++) points.push(from + Math.floor((amount - from) * (step / steps)));
    if (amount > from) points.push(amount);
  }
  const micros = Float64Array.from(points);
  const gains = micros.map((amount) => responseAt(curve, amount) - price * amount);
  const most = gains.reduce((one, other) => Math.max(one, other));
  return { micros, loss: gains.map((gain) => most - gain) };
}

function totalLoss(ladders: readonly Ladder[], sharesMicros: readonly number[]): number {
  return ladders.reduce((sum, ladder, part) => sum + lossOf(ladder, sharesMicros[part] as number), 0);
}

/** What a part loses at an amount from its floor to its cap. */
function lossOf(ladder: Ladder, amount: number): number {
  let low = 0;
  let high = ladder.micros.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ladder.micros[middle] as number) <= amount) low = middle;
    else high = middle;
  }
  return lossAt(ladder, low, amount);
}

/** @param rung the last point that is not above `amount` */
function lossAt({ micros, loss }: Ladder, rung: number, amount: number): number {
  const [from, before] = [micros[rung] as number, loss[rung] as number];
  if (amount === from) return before;
  const [to, after] = [micros[rung + 1] as number, loss[rung + 1] as number];
  return before + (after - before) * ((amount - from) / (to - from));
}

/** After some parts: per bucket of money used, the least loss, the exact money, and how it came about. */
interface Layer {
  loss: Float64Array;
  used: Float64Array;
  from: Uint32Array;
  rung: Uint32Array;
}

/**
 * The points that lose least together and fit the free money, and the rest of the money where it loses least; undefined
 * when no points that fit lose `limit` or less.
 */
function pack(
  ladders: readonly Ladder[],
  { freeMicros, width, price }: { freeMicros: number; width: number; price: number },
  limit: number,
): number[] | undefined {
  const layers = [emptyLayer()];
  (layers[0] as Layer).loss[0] = 0;
  for (const ladder of ladders) layers.push(nextLayer(layers.at(-1) as Layer, ladder, freeMicros, width, limit));
  const last = layers.at(-1) as Layer;
  const withRest = last.loss.map((loss, bucket) => loss + price * (freeMicros - (last.used[bucket] as number)));
  let bucket = withRest.reduce((best, loss, index) => (loss < (withRest[best] as number) ? index : best), 0);
  if (withRest[bucket] === Infinity) return undefined;
  const sharesMicros = ladders.map(() => 0);
  const restMicros = freeMicros - (last.used[bucket] as number);
  for (let part = ladders.length - 1; part >= 0; part--) {
    const { from, rung } = layers[part + 1] as Layer;
    sharesMicros[part] = (ladders[part] as Ladder).micros[rung[bucket] as number] as number;
    bucket = from[bucket] as number;
  }
  fill(ladders, sharesMicros, restMicros);
  return sharesMicros;
}

function emptyLayer(): Layer {
  return {
    loss: new Float64Array(BUCKETS + 1).fill(Infinity),
    used: new Float64Array(BUCKETS + 1),
    from: new Uint32Array(BUCKETS + 1),
    rung: new Uint32Array(BUCKETS + 1),
  };
}

/** Of the ways into one bucket the one that has lost least: what is left of the money is most often worth its price. */
function nextLayer(layer: Layer, { micros, loss }: Ladder, freeMicros: number, width: number, limit: number): Layer {
  const next = emptyLayer();
  const rungs = Uint32Array.from(loss.keys()).filter((rung) => (loss[rung] as number) <= limit);
  const floor = micros[0] as number;
  for (let bucket = 0; bucket <= BUCKETS; bucket++) {
    const before = layer.loss[bucket] as number;
    if (before > limit) continue;
    const start = (layer.used[bucket] as number) - floor;
    for (let index = 0; index < rungs.length; index++) {
      const rung = rungs[index] as number;
      const used = start + (micros[rung] as number);
      if (used > freeMicros) break;
      const sum = before + (loss[rung] as number);
      const to = Math.floor(used / width);
      if (sum > limit || sum >= (next.loss[to] as number)) continue;
      next.loss[to] = sum;
      next.used[to] = used;
      next.from[to] = bucket;
      next.rung[to] = rung;
    }
  }
  return next;
}

/** Gives the rest to the part where it loses least, as far as there is room, and what is left to the next. */
function fill(ladders: readonly Ladder[], sharesMicros: number[], restMicros: number): void {
  while (restMicros > 0) {
    let best = { part: -1, micros: 0, added: Infinity };
    ladders.forEach((own, part) => {
      const share = sharesMicros[part] as number;
      const micros = Math.min(restMicros, (own.micros.at(-1) as number) - share);
      if (micros === 0) return;
      const added = (lossOf(own, share + micros) - lossOf(own, share)) / micros;
      if (added < best.added) best = { part, micros, added };
    });
    assert(best.micros > 0, 'improveSplit: the parts have room for all that was split');
    sharesMicros[best.part] = (sharesMicros[best.part] as number) + best.micros;
    restMicros -= best.micros;
  }
}

/** Moves money between two parts at a time, to where one of them is at a point, until a round gains less than `least`. */
function exchange(ladders: readonly Ladder[], sharesMicros: number[], least: number): void {
  for (let gained = Infinity; gained > least;) {
    gained = 0;
    for (let one = 0; one < ladders.length; one++) {
      for (let other = 0; other < one; other++) {
        const [own, others] = [ladders[one] as Ladder, ladders[other] as Ladder];
        const sum = (sharesMicros[one] as number) + (sharesMicros[other] as number);
        const now = lossOf(own, sharesMicros[one] as number) + lossOf(others, sharesMicros[other] as number);
        const first = bestPoint(own, others, sum);
        const second = bestPoint(others, own, sum);
        const loss = Math.min(first.loss, second.loss);
        if (!(loss < now)) continue;
        gained += now - loss;
        const share = first.loss <= second.loss ? first.micros : sum - second.micros;
        sharesMicros[one] = share;
        sharesMicros[other] = sum - share;
      }
    }
  }
}

/** Where a part is at one of its points, another has the rest of their sum, and both together lose least. */
function bestPoint(own: Ladder, other: Ladder, sum: number): { micros: number; loss: number } {
  let best = { micros: NaN, loss: Infinity };
  const [bottom, top] = [other.micros[0] as number, other.micros.at(-1) as number];
  let rung = other.micros.length - 1;
  for (let point = 0; point < own.micros.length; point++) {
    const micros = own.micros[point] as number;
    const rest = sum - micros;
    if (rest > top) continue;
    if (rest < bottom) break;
    while ((other.micros[rung] as number) > rest) rung--;
    const loss = (own.loss[point] as number) + lossAt(other, rung, rest);
    if (loss < best.loss) best = { micros, loss };
  }
  return best;
}
