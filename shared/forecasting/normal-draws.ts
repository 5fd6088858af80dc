// Random numbers that are the same every time: a stream of normal draws from an integer seed.

/**
 * The next draw of a standard normal law. Uniform numbers by Tommy Ettinger's Mulberry32 (32 bits of state, period 2^32),
 * made normal two by two by the polar method (Marsaglia and Bray, SIAM Review 6, 1964).
 * @param seed any integer; only its lowest 32 bits count
 */
export function normalDraws(seed: number): () => number {
  let state = seed | 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  let spare = NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const draw = spare;
      spare = NaN;
      return draw;
    }
    for (;;) {
      const [x, y] = [2 * uniform() - 1, 2 * uniform() - 1];
      const square = x * x + y * y;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      spare = y * scale;
      return x * scale;
    }
  };
}
