// Supply of a line that falls as its listeners are reached: how much of each day's is left under a schedule, and the
// schedule that delivers what was sold. One exposure a listener, drawn once a day.
import { ForecastError } from './forecast-error.ts';
import { MAX_LISTENERS, assertOfferRate, assertSlots } from './slots.ts';
import { assertWindow } from './visit-histogram.ts';

/** Listeners alike in what is known of them, a segment say, and how they come in a flight of D days. */
export interface FlightListeners {
  /** Listeners who come on exactly 1, 2, ... D of its days. */
  activeDayListeners: readonly number[];
  /** How many listeners come on each of the D days, in any unit: a forecast of the days beside one another. All alike when left out. */
  dayTraffic?: readonly number[];
  /** The part that leaves from one day to the next because it streams the release anyway, from 0 to 1; 0 when left out. */
  streamingHazard?: number;
}

/** One amount for each day of the flight. */
export interface FlightDays {
  /** The probability that a listener who comes that day and was not reached yet is. */
  offerRates: Float64Array;
  /** Listeners who come that day and were neither reached before it nor left. */
  eligible: Float64Array;
  /** `eligible` of all who come that day. */
  eligibleShares: Float64Array;
  /** Listeners reached that day. */
  reached: Float64Array;
}

/**
 * What a schedule of offer rates reaches day by day.
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function eligibleShares(groups: readonly FlightListeners[], offerRates: readonly number[]): FlightDays {
  const days = daysOf(groups);
  if (offerRates.length !== days) refuse(`${offerRates.length} offer rates for a flight of ${days} days`);
  offerRates.forEach(assertOfferRate);
  return walkFlight(groups, (_, day) => offerRates[day] as number);
}

/**
 * The schedule that reaches so many listeners, by the curve: reach is linear in a day's own rate, so the rate of a day is
 * what is due by its end over who is eligible. What a day cannot give, the next ones make up for. Selling half of the
 * listeners of a 10-day flight at one rate found from opportunities reaches 0.77 of them; this reaches all.
 * @param order.sold listeners to reach, at least 0; more than come are reached as far as there are any
 * @param order.curve what is to be reached on each day, as parts of all; evenly when left out
 * @param order.soFar for a flight that has begun: the first days as they were served, and whom they reached; what is due
 * counts from there
 * @throws ForecastError INVALID_HISTOGRAM
 */
export function planReach(groups: readonly FlightListeners[], { sold, curve, soFar }: ReachOrder): FlightDays {
  const days = daysOf(groups);
  if (!(sold >= 0 && sold < Infinity)) refuse(`sold must be a number of at least 0, not ${sold}`);
  const parts = curve ?? Array<number>(days).fill(1);
  assertParts(parts, days);
  const past = { offerRates: soFar?.offerRates ?? [], reached: soFar?.reached ?? [] };
  assertPast(past, days);
  const whole = parts.reduce((sum, part) => sum + part, 0);
  let due = 0;
  let reached = 0;
  return walkFlight(groups, (eligible, day) => {
    due += (sold * (parts[day] as number)) / whole;
    const served = past.offerRates[day];
    if (served !== undefined) {
      reached += past.reached[day] as number;
      return served;
    }
    // On a day that is expected to have nobody left, whoever comes after all is taken.
    const rate = due > reached ? Math.min(1, (due - reached) / eligible) : 0;
    reached += rate * eligible;
    return rate;
  });
}

export interface ReachOrder {
  sold: number;
  curve?: readonly number[];
  soFar?: { offerRates: readonly number[]; reached: readonly number[] };
}

/** Goes through the flight's days; the rate of each is asked for when its eligible listeners are known. */
function walkFlight(groups: readonly FlightListeners[], rateOf: (eligible: number, day: number) => number): FlightDays {
  const days = daysOf(groups);
  const states = groups.map(startOf);
  const result: FlightDays = {
    offerRates: new Float64Array(days),
    eligible: new Float64Array(days),
    eligibleShares: new Float64Array(days),
    reached: new Float64Array(days),
  };
  for (let day = 0; day < days; day++) {
    let [eligible, coming] = [0, 0];
    for (const state of states) {
      eligible += state.stayed * comingOn(day, state.left, state);
      coming += comingOn(day, state.all, state);
    }
    const rate = rateOf(eligible, day);
    result.offerRates[day] = rate;
    result.eligible[day] = eligible;
    result.eligibleShares[day] = coming > 0 ? Math.min(1, eligible / coming) : 0;
    result.reached[day] = rate * eligible;
    for (const state of states) passDay(state, day, rate);
  }
  return result;
}

/** A group on its way through the flight. */
interface GroupState {
  activeDayListeners: readonly number[];
  weights: readonly number[];
  /** Elementary symmetric sums of the weights from each day on: [first day][number of days]. */
  ahead: readonly Float64Array[];
  /** Those of the days so far, by what each day's rate left. */
  left: Float64Array;
  /** Those of the days so far. */
  all: Float64Array;
  /** The part that did not leave by itself. */
  stayed: number;
  hazard: number;
}

function startOf(group: FlightListeners): GroupState {
  const { activeDayListeners, streamingHazard: hazard = 0 } = group;
  const weights = weightsOf(group);
  const none = Float64Array.from({ length: weights.length + 1 }, (_, count) => Number(count === 0));
  return { activeDayListeners, weights, ahead: sumsAhead(weights), left: none, all: none.slice(), stayed: 1, hazard };
}

function passDay(state: GroupState, day: number, rate: number): void {
  const { left, all, hazard } = state;
  const weight = state.weights[day] as number;
  for (let count = day + 1; count > 0; count--) {
    left[count] = (left[count] as number) + weight * (1 - rate) * (left[count - 1] as number);
    all[count] = (all[count] as number) + weight * (all[count - 1] as number);
  }
  state.stayed *= 1 - hazard;
}

/**
 * Listeners who come on a day, by the days before it. A listener with d active days comes on a set of d days with probability
 * in proportion to the product of their weights (conditional Bernoulli sampling; Chen, Dempster, Liu, Biometrika 81, 1994):
 * for the day and j days before it that is sums_j x weight x e_(d-1-j)(days after) / e_d(all days), e the elementary
 * symmetric sums.
 */
function comingOn(
  day: number,
  before: Float64Array,
  { activeDayListeners, weights, ahead }: Pick<GroupState, 'activeDayListeners' | 'weights' | 'ahead'>,
): number {
  const after = ahead[day + 1] as Float64Array;
  const whole = ahead[0] as Float64Array;
  let listeners = 0;
  for (let index = 0; index < activeDayListeners.length; index++) {
    const people = activeDayListeners[index] as number;
    if (people === 0) continue;
    let ways = 0;
    for (let count = 0; count <= Math.min(day, index); count++) {
      ways += (before[count] as number) * (after[index - count] as number);
    }
    listeners += (people * ways * (weights[day] as number)) / (whole[index + 1] as number);
  }
  return listeners;
}

function sumsAhead(weights: readonly number[]): Float64Array[] {
  const days = weights.length;
  const sums = [Float64Array.from({ length: days + 1 }, (_, count) => Number(count === 0))];
  for (let day = days - 1; day >= 0; day--) {
    const later = sums[0] as Float64Array;
    sums.unshift(
      later.map((sum, count) => sum + (count === 0 ? 0 : (weights[day] as number) * (later[count - 1] as number))),
    );
  }
  return sums;
}

/** A day counts as at least this part of the busiest: products of 31 weights stay numbers. */
const LEAST_WEIGHT = 1e-6;

/** The traffic of days is met to a thousandth by then. */
const WEIGHT_ROUNDS = 30;

/**
 * Weights under which the listeners come in the proportions of the traffic: those who come nearly always come on quiet days
 * too, so that weights differ more than traffic does. Iterative (Chen, Dempster, Liu).
 */
function weightsOf({ activeDayListeners, dayTraffic }: FlightListeners): number[] {
  const days = activeDayListeners.length;
  if (dayTraffic === undefined) return Array<number>(days).fill(1);
  assertParts(dayTraffic, days);
  const busiest = Math.max(...dayTraffic);
  const traffic = dayTraffic.map((amount) => Math.max(LEAST_WEIGHT, amount / busiest));
  const whole = traffic.reduce((sum, amount) => sum + amount, 0);
  const listenerDays = activeDayListeners.reduce((sum, people, index) => sum + people * (index + 1), 0);
  if (listenerDays === 0) return traffic;
  const shares = activeDayListeners.map((people) => people / listenerDays);
  let weights = traffic;
  for (let round = 0; round < WEIGHT_ROUNDS; round++) {
    const ahead = sumsAhead(weights);
    const before = Float64Array.from({ length: days + 1 }, (_, count) => Number(count === 0));
    const scaled = weights.map((weight, day) => {
      const coming = comingOn(day, before, { activeDayListeners: shares, weights, ahead });
      for (let count = day + 1; count > 0; count--) {
        before[count] = (before[count] as number) + weight * (before[count - 1] as number);
      }
      return (weight * (traffic[day] as number)) / (whole * coming);
    });
    const largest = Math.max(...scaled);
    weights = scaled.map((weight) => Math.max(LEAST_WEIGHT, weight / largest));
  }
  return weights;
}

/** @throws ForecastError INVALID_HISTOGRAM */
function daysOf(groups: readonly FlightListeners[]): number {
  const days = groups[0]?.activeDayListeners.length ?? 0;
  if (groups.length === 0) refuse('a flight has at least one group of listeners');
  assertWindow(days);
  for (const { activeDayListeners, streamingHazard = 0 } of groups) {
    if (activeDayListeners.length !== days)
      refuse(`groups of ${days} and ${activeDayListeners.length} days in one flight`);
    assertSlots({ slots: activeDayListeners.map((_, index) => index + 1), listeners: activeDayListeners });
    if (!(streamingHazard >= 0 && streamingHazard <= 1)) refuse(`a hazard must be from 0 to 1, not ${streamingHazard}`);
  }
  return days;
}

function assertParts(parts: readonly number[], days: number): void {
  if (parts.length !== days) refuse(`parts of ${parts.length} days for a flight of ${days}`);
  if (!parts.every((part) => part >= 0 && part <= MAX_LISTENERS))
    refuse(`parts of days from 0 on, not ${parts.join(', ')}`);
  if (!parts.some((part) => part > 0)) refuse('all days have no part');
}

function assertPast(
  { offerRates, reached }: { offerRates: readonly number[]; reached: readonly number[] },
  days: number,
): void {
  if (offerRates.length !== reached.length || offerRates.length > days)
    refuse(`${offerRates.length} offer rates and ${reached.length} reaches so far in a flight of ${days} days`);
  offerRates.forEach(assertOfferRate);
  if (!reached.every((people) => people >= 0 && people <= MAX_LISTENERS))
    refuse(`reached so far must be numbers of at least 0, not ${reached.join(', ')}`);
}

function refuse(problem: string): never {
  throw new ForecastError('INVALID_HISTOGRAM', problem);
}
