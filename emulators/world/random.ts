// Seeded random numbers for the local world. Every stream is named, so what one part draws never shifts what another
// part gets: traffic is the same whatever the plan says.

/** The next uniform number in [0, 1). */
export type Random = () => number;

/**
 * A stream that is fixed by its labels: the seed first, then what the stream is for.
 * Chris Doty-Humphrey's sfc32 (PractRand), seeded by {@link hash128} of the labels.
 */
export function createRandom(...labels: (string | number)[]): Random {
  let [a, b, c, counter] = hash128(labels.join('|'));
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  // The generator's own advice: twelve rounds until close seeds have parted.
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

/** Four 32-bit words from a text, by multiply-and-rotate mixing. Not for secrets. */
function hash128(text: string): [number, number, number, number] {
  let [h1, h2, h3, h4] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    h1 = h2 ^ Math.imul(h1 ^ unit, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ unit, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ unit, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ unit, 2716044179);
  }
  return [h1 | 0, h2 | 0, h3 | 0, h4 | 0];
}
