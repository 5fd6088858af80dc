// The listeners behind the requests of one ad-server group: who comes when, how each responds, and what each has been shown
// so far. A listener's response and age last for ever; a market's groups have listeners of their own.
import type { DecisionRequest } from '../../shared/contracts/decision.ts';
import { drawInteger, drawLogNormal } from './draws.ts';
import type { ListenerSample, Panel } from './listeners.ts';
import { createRandom, type Random } from './random.ts';

const DAY_MS = 86_400_000;
/** Standard deviation of the logarithm of how listeners respond against the average, which is 1. */
const RESPONSE_SIGMA = 0.6;
/** What the contract lets a request say of a listener. */
const MOST_SEEN = 200;
const MOST_ARTISTS = 20;

type Known = DecisionRequest['listener'];

/** A listener as a request tells it, and its habit. */
export interface Listener extends Known {
  responseMultiplier: number;
  seen: NonNullable<Known['seen']>;
  releaseIds: string[];
  artistIds: string[];
  fullScreens: number;
  habit: number;
  /** The day that `today` and `fullScreens` are of. */
  dayStartMs: number;
}

/** What was shown. */
export interface Shown {
  campaignId: string;
  subcampaignId: string;
  artistId?: string;
  releaseId?: string;
  isFullScreen?: true;
}

export interface Audience {
  /** The listener of the next request of a segment; each of a day's visits is one request, in any order. */
  next(segment: string, atMs: number): Listener;
  /** What the listener of a sampled request did in the ten days up to it. */
  history(listener: Listener, segment: string, surfaceShare: number, random: Random): ListenerSample;
}

export interface AudienceOptions {
  /** Fix everything: a seed and a group. */
  labels: (string | number)[];
  segments: readonly { segment: string; panel: Panel; listeners: number }[];
}

/** Listeners that have seen nothing. */
export function createAudience({ labels, segments }: AudienceOptions): Audience {
  const rooms = new Map(
    segments.map(({ segment, panel, listeners }) => [
      segment,
      { panel, visits: createVisits([...labels, segment], panel, listeners), known: new Map<number, Listener>() },
    ]),
  );
  const roomOf = (segment: string) => {
    const room = rooms.get(segment);
    if (!room) throw new Error(`audience: no segment ${segment}`);
    return room;
  };
  return {
    next(segment, atMs) {
      const { panel, visits, known } = roomOf(segment);
      const dayStartMs = atMs - (atMs % DAY_MS);
      const index = visits(dayStartMs);
      const listener = known.get(index) ?? newListener([...labels, segment, index], index % panel.habits, dayStartMs);
      known.set(index, listener);
      if (listener.dayStartMs !== dayStartMs) beginDay(listener, dayStartMs);
      return listener;
    },
    history: ({ habit }, segment, surfaceShare, random) => roomOf(segment).panel.sample(random, habit, surfaceShare),
  };
}

/** Notes what a listener was shown. Returns whether it had never seen it before. */
export function noteShown(listener: Listener, shown: Shown): boolean {
  const { campaignId, subcampaignId, artistId, releaseId, isFullScreen } = shown;
  if (artistId !== undefined) noteArtist(listener, artistId);
  if (releaseId !== undefined && !listener.releaseIds.includes(releaseId)) listener.releaseIds.push(releaseId);
  if (isFullScreen) listener.fullScreens += 1;
  const before = listener.seen.find((one) => one.subcampaignId === subcampaignId && one.campaignId === campaignId);
  if (before) {
    before.today += 1;
    before.flight += 1;
    return false;
  }
  if (listener.seen.length === MOST_SEEN) listener.seen.shift();
  listener.seen.push({ subcampaignId, campaignId, today: 1, flight: 1 });
  return true;
}

/** Notes whose ad a listener saw, where it was no line's. */
export function noteArtist(listener: Listener, artistId: string): void {
  listener.artistIds.unshift(artistId);
  if (listener.artistIds.length > MOST_ARTISTS) listener.artistIds.pop();
}

function newListener(labels: (string | number)[], habit: number, dayStartMs: number): Listener {
  const random = createRandom('listener', ...labels);
  const words = [random(), random(), random()].map((word) => Math.floor(word * 2 ** 32).toString(36));
  const responseMultiplier = drawLogNormal(random, Math.exp(-(RESPONSE_SIGMA ** 2) / 2), RESPONSE_SIGMA);
  const isAgeKnown = random() < 0.9;
  const age = drawInteger(random, 14, 69);
  return {
    id: words.join(''),
    responseMultiplier: Math.min(1000, Math.round(responseMultiplier * 1000) / 1000),
    ...(isAgeKnown ? { age } : {}),
    ...(random() < 0.06 ? { refusesExplicit: true as const } : {}),
    seen: [],
    releaseIds: [],
    artistIds: [],
    fullScreens: 0,
    habit,
    dayStartMs,
  };
}

function beginDay(listener: Listener, dayStartMs: number): void {
  listener.dayStartMs = dayStartMs;
  listener.fullScreens = 0;
  for (const one of listener.seen) one.today = 0;
}

/** Returns who makes the next visit of a day. When more come than the habits say, the day's visits begin again. */
function createVisits(labels: (string | number)[], panel: Panel, listeners: number): (dayStartMs: number) => number {
  let day = -1;
  let next = 0;
  let visits: number[] = [];
  let random: Random = createRandom('visits', ...labels);
  return (dayStartMs) => {
    if (dayStartMs !== day) {
      day = dayStartMs;
      random = createRandom('visits', ...labels, dayStartMs);
      visits = visitsOfDay(random, panel, listeners);
      next = visits.length;
    }
    if (next === visits.length) {
      shuffle(random, visits);
      next = 0;
    }
    return visits[next++] ?? 0;
  };
}

function visitsOfDay(random: Random, panel: Panel, listeners: number): number[] {
  const visits: number[] = [];
  for (let index = 0; index < listeners; index++) {
    for (let left = panel.visitsOfDay(random, index % panel.habits); left > 0; left--) visits.push(index);
  }
  return visits;
}

/** Every order as likely as any other (Fisher and Yates). */
export function shuffle<T>(random: Random, items: { [index: number]: T; length: number }): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = drawInteger(random, 0, last);
    [items[last], items[other]] = [items[other] as T, items[last] as T];
  }
}
