// Every request of a market as it was, for judging afterwards what could have been made of all of them: when, in which cell,
// how its listener responds, how many slots it had, and the two best offers of spot demand.

export interface LoggedRequest {
  atMs: number;
  /** Its cell's place in the market's cells. */
  place: number;
  responseMultiplier: number;
  slots: number;
  /** Micros for an impression; 0 where nobody offered. */
  bestOffer: number;
  secondOffer: number;
}

export interface RequestLog {
  add(request: LoggedRequest): void;
  count(): number;
  get(index: number): LoggedRequest;
}

const FIRST_ROOM = 1 << 12;

/** A log without requests. */
export function createRequestLog(): RequestLog {
  let count = 0;
  let atMs = new Float64Array(FIRST_ROOM);
  // Place and slots, then the three numbers.
  let small = new Uint16Array(2 * FIRST_ROOM);
  let numbers = new Float32Array(3 * FIRST_ROOM);
  const grow = () => {
    const [times, smalls, floats] = [atMs, small, numbers];
    atMs = new Float64Array(2 * times.length);
    small = new Uint16Array(2 * smalls.length);
    numbers = new Float32Array(2 * floats.length);
    atMs.set(times);
    small.set(smalls);
    numbers.set(floats);
  };
  return {
    add(request) {
      if (count === atMs.length) grow();
      atMs[count] = request.atMs;
      small[2 * count] = request.place;
      small[2 * count + 1] = request.slots;
      numbers[3 * count] = request.responseMultiplier;
      numbers[3 * count + 1] = request.bestOffer;
      numbers[3 * count + 2] = request.secondOffer;
      count += 1;
    },
    count: () => count,
    get: (index) => ({
      atMs: atMs[index] as number,
      place: small[2 * index] as number,
      slots: small[2 * index + 1] as number,
      responseMultiplier: numbers[3 * index] as number,
      bestOffer: numbers[3 * index + 1] as number,
      secondOffer: numbers[3 * index + 2] as number,
    }),
  };
}
