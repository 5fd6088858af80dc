// What can go wrong in a simulation, and how often: drawn per seed, from calm to nasty, and none at all at the end.
import type { Random } from '../../emulators/world/random.ts';

/** Probabilities, each of one attempt. */
export interface Faults {
  /** A store call is refused before it does anything. */
  storeUnavailable: number;
  /** A transaction's body ran, its commit was refused, and it runs again. */
  aborted: number;
  /** A commit whose answer is lost and which the client sends, or runs, again. */
  answerLost: number;
  /** A commit whose answer is lost for good: the caller is told that the store is unavailable. */
  answerLostForGood: number;
  /** The bus takes a message or not, and the publisher hears of neither. */
  publishUnknown: number;
  acknowledgementLost: number;
  /** BigQuery refuses, or takes the rows and loses the answer. */
  appendUnavailable: number;
  appendAnswerLost: number;
  /** BigQuery calls one row invalid and stops its neighbours, this time. */
  rowStopped: number;
  /** The process dies, at any await. */
  death: number;
  /** A copy of a message comes rounds later. */
  late: number;
  tickDoubled: number;
  tickLate: number;
  tickMissing: number;
}

const nasty: Faults = {
  storeUnavailable: 0.02,
  aborted: 0.06,
  answerLost: 0.08,
  answerLostForGood: 0.03,
  publishUnknown: 0.05,
  acknowledgementLost: 0.1,
  appendUnavailable: 0.1,
  appendAnswerLost: 0.1,
  rowStopped: 0.05,
  death: 0.01,
  late: 0.15,
  tickDoubled: 0.25,
  tickLate: 0.2,
  tickMissing: 0.15,
};

/** A third of all seeds is calm, so that races alone are seen too; the others lie anywhere up to nasty. */
export function drawFaults(random: Random): Faults {
  const level = Math.max(0, random() * 1.5 - 0.5);
  return scale(level);
}

export const noFaults = scale(0);

function scale(level: number): Faults {
  return Object.fromEntries(Object.entries(nasty).map(([name, share]) => [name, share * level])) as unknown as Faults;
}

/** How many copies of a message the bus delivers: one to five, and one when nothing goes wrong. */
export function drawCopies(random: Random, faults: Faults): number {
  if (faults === noFaults) return 1;
  const draw = random();
  return [0.45, 0.7, 0.85, 0.93].findIndex((share) => draw < share) + 1 || 5;
}
