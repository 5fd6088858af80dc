// Which clicks are billed: once per listener and campaign, after an impression, by somebody who can be a person.
import { ForecastError } from './forecast-error.ts';
import { plausibleCount } from './implausible-clicks.ts';
import { DAY_MS } from './traffic-clock.ts';

export interface ClickRecord {
  /** A pseudonym, the same for the same listener. */
  listener: string;
  campaignId: string;
  atMs: number;
  /** The impression that was clicked; absent when none is known. */
  impressionAtMs?: number;
}

/** DUPLICATE is a good click of somebody who was billed for; TOO_MANY holds for all clicks of a listener's day. */
export type ClickVerdict = 'BILLABLE' | 'NO_IMPRESSION' | 'TOO_FAST' | 'TOO_MANY' | 'DUPLICATE';

export interface ClickRules {
  /** A click later than this after its impression has none. */
  windowMs: number;
  /** Nobody clicks sooner than this after the impression. */
  fastestMs: number;
  /** Clicks that a listener makes on a day over all campaigns, on average over listeners that click. */
  dailyClicks: number;
}

/** What later batches must know, as JSON. Drop a campaign's pairs when its click window has closed. */
export interface ClickHistory {
  /** JSON of [campaign, listener], sorted: those that were billed. */
  billed: string[];
  /** JSON of [day number, listener] with how often they clicked after an impression, sorted; the youngest days only. */
  daily: [string, number][];
}

export const NO_CLICKS: ClickHistory = { billed: [], daily: [] };

/** Listeners differ: the variance of the factor on their daily clicks (log-normal with sigma 0.8 has 0.9). */
const LISTENER_VARIANCE = 1;
/** Counts of days this much older than the youngest click are forgotten. */
const DAYS_KEPT = 2;

/**
 * A verdict for each click of a batch, in its order; the earliest good click of a listener and campaign is billed. Neither
 * the order of the batch nor clicks told twice change which listeners are billed. A batch sees all of itself: what an
 * earlier batch billed stays billed when its listener turns out to be a robot.
 * TOO_MANY is more good-looking clicks on one UTC day, over all campaigns, than one listener in a million makes.
 * @throws ForecastError INVALID_RESPONSE for instants or rules that are no numbers or negative
 */
export function filterClicks(
  clicks: readonly ClickRecord[],
  rules: ClickRules,
  history: ClickHistory = NO_CLICKS,
): { verdicts: ClickVerdict[]; history: ClickHistory } {
  for (const [name, value] of Object.entries(rules)) {
    if (!(value >= 0 && value < Infinity)) throw invalid(`${name} must be a number of 0 or more, not ${value}`);
  }
  const most = plausibleCount(rules.dailyClicks, LISTENER_VARIANCE);
  const verdicts = clicks.map((click, place) => judgeAlone(click, place, rules));
  const daily = new Map(history.daily);
  const told = new Set<string>();
  clicks.forEach((click, place) => {
    const record = JSON.stringify([click.listener, click.campaignId, click.atMs, click.impressionAtMs]);
    if (verdicts[place] !== 'BILLABLE' || told.has(record)) return;
    told.add(record);
    daily.set(dayKey(click), (daily.get(dayKey(click)) ?? 0) + 1);
  });
  const billed = new Set(history.billed);
  for (const place of inOrder(clicks)) {
    const click = clicks[place] as ClickRecord;
    if (verdicts[place] !== 'BILLABLE') continue;
    const pair = JSON.stringify([click.campaignId, click.listener]);
    if ((daily.get(dayKey(click)) ?? 0) > most) verdicts[place] = 'TOO_MANY';
    else if (billed.has(pair)) verdicts[place] = 'DUPLICATE';
    else billed.add(pair);
  }
  return { verdicts, history: { billed: [...billed].sort(), daily: youngest([...daily]) } };
}

function judgeAlone({ atMs, impressionAtMs }: ClickRecord, place: number, rules: ClickRules): ClickVerdict {
  for (const instant of [atMs, impressionAtMs ?? 0]) {
    if (!Number.isFinite(instant)) throw invalid(`click ${place}: an instant must be a number, not ${instant}`);
  }
  if (impressionAtMs === undefined || atMs < impressionAtMs || atMs - impressionAtMs > rules.windowMs) {
    return 'NO_IMPRESSION';
  }
  return atMs - impressionAtMs < rules.fastestMs ? 'TOO_FAST' : 'BILLABLE';
}

/** Places from the earliest click to the latest, of clicks at one instant the one of the earliest impression first. */
function inOrder(clicks: readonly ClickRecord[]): number[] {
  const places = Array.from(clicks, (_, place) => place);
  return places.sort((a, b) => {
    const [one, other] = [clicks[a] as ClickRecord, clicks[b] as ClickRecord];
    return one.atMs - other.atMs || (one.impressionAtMs ?? 0) - (other.impressionAtMs ?? 0);
  });
}

function dayKey({ listener, atMs }: ClickRecord): string {
  return JSON.stringify([Math.floor(atMs / DAY_MS), listener]);
}

function youngest(daily: [string, number][]): [string, number][] {
  const dayOf = ([key]: [string, number]) => (JSON.parse(key) as [number, string])[0];
  const last = daily.reduce((day, entry) => Math.max(day, dayOf(entry)), -Infinity);
  return daily.filter((entry) => dayOf(entry) > last - DAYS_KEPT).sort(([a], [b]) => (a < b ? -1 : 1));
}

function invalid(message: string): ForecastError {
  return new ForecastError('INVALID_RESPONSE', message);
}
