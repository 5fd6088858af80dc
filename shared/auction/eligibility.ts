// Whether a line may be shown to the listener of a request at all, whatever it is worth: flight, lease, caps, age and the
// like. Says nothing of floors and rivals.
import type { DecisionRequest, ExclusionCode } from '../contracts/decision.ts';
import { lineOf, type CompiledPlan } from './compile-plan.ts';

/** By their numbers in {@link CompiledPlan}'s scratch; where several hold, the first counts. 0: nothing excludes the line. */
export const exclusionCodes: readonly (ExclusionCode | undefined)[] = [
  undefined,
  'NOT_IN_FLIGHT',
  'NO_LEASE',
  'LEASE_SPENT',
  'FREQUENCY_CAP',
  'RELEASE_SEEN',
  'FULL_SCREEN_CAP',
  'SAME_ARTIST',
  'EXPLICIT',
  'AGE',
];
const NOT_IN_FLIGHT = 1;
const NO_LEASE = 2;
const LEASE_SPENT = 3;
const FREQUENCY_CAP = 4;
const RELEASE_SEEN = 5;
const FULL_SCREEN_CAP = 6;
const SAME_ARTIST = 7;
const EXPLICIT = 8;
const AGE = 9;
/** Of a line that this request shows already. */
export const SHOWN = 255;

/** Notes in the scratch what the request says of lines, releases and artists; what the plan does not know is nothing to it. */
export function noteListener({ lines, scratch, auction }: CompiledPlan, { listener, spent }: DecisionRequest): void {
  const decision = ++scratch.decision;
  for (const one of spent ?? []) {
    const line = lineOf(lines, one);
    if (line >= 0) scratch.spentIn[line] = decision;
  }
  for (const one of listener.seen ?? []) {
    const line = lineOf(lines, one);
    if (line < 0) continue;
    const isCapped =
      one.today >= (lines.perListenerDay[line] as number) || one.flight >= (lines.perListenerFlight[line] as number);
    if (isCapped) scratch.cappedIn[line] = decision;
  }
  if (lines.releaseOf.size > 0) {
    for (const releaseId of listener.releaseIds ?? []) {
      const release = lines.releaseOf.get(releaseId);
      if (release !== undefined) scratch.releaseSeenIn[release] = decision;
    }
  }
  const artists = listener.artistIds ?? [];
  for (let index = Math.min(artists.length, auction.artistSeparation) - 1; index >= 0; index--) {
    const artist = lines.artistOf.get(artists[index] as string);
    if (artist !== undefined) scratch.artistSeenIn[artist] = decision;
  }
}

/**
 * Why a line is not to be shown, as a number of {@link exclusionCodes}, after {@link noteListener} of the same request.
 * @param isSpent by line, of a server that keeps its leases beside the plan
 */
export function exclusionOf(
  { lines, scratch, auction }: CompiledPlan,
  line: number,
  { atMs, listener }: DecisionRequest,
  isSpent?: Uint8Array,
): number {
  const { decision } = scratch;
  if (atMs < (lines.startAtMs[line] as number) || atMs >= (lines.endAtMs[line] as number)) return NOT_IN_FLIGHT;
  if (atMs >= (lines.spendUntilAtMs[line] as number)) return NO_LEASE;
  if (scratch.spentIn[line] === decision || isSpent?.[line] === 1) return LEASE_SPENT;
  if (scratch.cappedIn[line] === decision) return FREQUENCY_CAP;
  const release = lines.release[line] as number;
  if (release >= 0 && scratch.releaseSeenIn[release] === decision) return RELEASE_SEEN;
  if (lines.isFullScreen[line] === 1 && (listener.fullScreens ?? 0) >= (auction.fullScreenPerDay ?? Infinity)) {
    return FULL_SCREEN_CAP;
  }
  const artist = lines.artist[line] as number;
  if (artist >= 0 && scratch.artistSeenIn[artist] === decision) return SAME_ARTIST;
  if (lines.isExplicit[line] === 1 && listener.refusesExplicit) return EXPLICIT;
  return (listener.age ?? 0) < (lines.minimumAge[line] as number) ? AGE : 0;
}

/**
 * Why a line is not to be shown in the request that another line of is shown in: a campaign is shown once, so is a
 * release; artists are kept apart, however few ads they are to be apart, if at all.
 * @param fullScreens that the listener saw today, those of this request among them
 */
export function exclusionBeside(
  { lines, auction }: CompiledPlan,
  line: number,
  { shown, fullScreens }: { shown: number; fullScreens: number },
): number {
  if (lines.campaign[line] === lines.campaign[shown]) return FREQUENCY_CAP;
  const release = lines.release[line] as number;
  if (release >= 0 && release === lines.release[shown]) return RELEASE_SEEN;
  if (lines.isFullScreen[line] === 1 && fullScreens >= (auction.fullScreenPerDay ?? Infinity)) return FULL_SCREEN_CAP;
  const artist = lines.artist[line] as number;
  return artist >= 0 && artist === lines.artist[shown] && auction.artistSeparation > 0 ? SAME_ARTIST : 0;
}
