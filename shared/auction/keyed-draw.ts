// Draws that are fixed by their keys: who asks again draws the same, on every machine. Integer arithmetic alone.

const FIRST = 0xcc9e2d51;
const SECOND = 0x1b873593;
const STEP = 0xe6546b64;
const GOLDEN = 0x9e3779b1;

const LOW_SEED = 0x3c6ef372;
const HIGH_SEED = 0x510e527f;

/** 64 bits of what a draw is of: a listener on a day, a line, a request. */
export interface DrawKey {
  low: number;
  high: number;
}

/** The key of a text, or of a text and a whole number. */
export function drawKey(text: string, number = 0): DrawKey {
  return { low: hashText(text, LOW_SEED), high: hashText(text, HIGH_SEED) ^ Math.imul(number, GOLDEN) };
}

/**
 * A draw from a key and the two words of another: a whole number from 0 to 2^32 - 1, uniform over either key. MurmurHash3
 * of eight bytes (Austin Appleby, smhasher), one key laid over the other first.
 */
export function keyedDraw({ low, high }: DrawKey, otherLow: number, otherHigh: number): number {
  return finish(mix(mix(GOLDEN, low ^ otherLow), high ^ otherHigh) ^ 8);
}

/** The draw as a number between 0 and 1, neither of them: (draw + 1/2) / 2^32. */
export function drawShare(draw: number): number {
  return (draw + 0.5) / 4294967296;
}

/** MurmurHash3 of the text's code units. */
function hashText(text: string, seed: number): number {
  let hash = seed;
  const last = text.length - 1;
  let index = 0;
  for (; index < last; index += 2) hash = mix(hash, text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
  if (index === last) hash = mix(hash, text.charCodeAt(index));
  return finish(hash ^ text.length);
}

function mix(hash: number, block: number): number {
  let scattered = Math.imul(block, FIRST);
  scattered = Math.imul((scattered << 15) | (scattered >>> 17), SECOND);
  const mixed = hash ^ scattered;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + STEP) | 0;
}

function finish(hash: number): number {
  let finished = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  finished = Math.imul(finished ^ (finished >>> 13), 0xc2b2ae35);
  return (finished ^ (finished >>> 16)) >>> 0;
}
