// What the world's ad servers would have reported in the weeks before it begins, as rows of BigQuery: what forecasts are
// fitted on. The weeks are drawn from the same population as the days that are played.
import { BigQuery } from '@google-cloud/bigquery';
import { PassThroughClient } from 'google-auth-library';
import type { LedgerEntry } from '../shared/contracts/documents.ts';
import type { SupplyObserved } from '../shared/contracts/outcomes.ts';
import { createBigQueryLog } from '../shared/outcomes/bigquery-log.ts';
import type { Row } from '../shared/outcomes/outcome-log.ts';
import { toRows } from '../shared/outcomes/to-rows.ts';
import { mergeResponses } from './world/ad-server.ts';
import { drawInteger, drawLogNormal } from './world/draws.ts';
import { createClickStream } from './world/click-stream.ts';
import type { ListenerSample } from './world/listeners.ts';
import type { Cell, CellTraffic, Population } from './world/population.ts';
import { createRandom, type Random } from './world/random.ts';
import { worldDefaults } from './world/world-settings.ts';
import type { Stack } from './stack.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const HISTORY_DAYS = 56;
/** Listeners are sampled as long as a histogram's window and a day. */
const SAMPLED_DAYS = 11;
/** Rates of clicks are learnt from four weeks. */
const RESPONSE_DAYS = 29;
/** What part of the opportunities carried an ad. */
const SERVED_SHARE = 0.2;

/** Requests in a report's sample. */
const SAMPLE_SIZE = 8;
const MULTIPLIER_SIGMA = 0.6;

/** The source of rows that no report stands behind. */
export const HISTORY_SOURCE = 'history';

/** Writes eight weeks of hourly reports before `startAtMs`, of one ad-server group in each market but a new one. */
export async function writeHistory(
  { projectId, bigqueryEndpoint, topology }: Stack,
  population: Population,
  { seed, startAtMs, newMarket }: { seed: number; startAtMs: number; newMarket: string | undefined },
): Promise<void> {
  const client = new BigQuery({ projectId, apiEndpoint: bigqueryEndpoint, authClient: new PassThroughClient() });
  const log = createBigQueryLog(client, topology.dataset);
  const known = population.markets.filter((market) => market !== newMarket);
  const rows = known.flatMap((market) => historyRows(population, market, { seed, startAtMs }));
  await log.append(rows);
}

/** The rows of one market, oldest first. */
export function historyRows(
  population: Population,
  market: string,
  { seed, startAtMs }: { seed: number; startAtMs: number },
): Row[] {
  const clicks = createClickStream({ ...worldDefaults, bucketMs: HOUR_MS });
  const rows: Row[] = [];
  for (let atMs = startAtMs - HISTORY_DAYS * DAY_MS; atMs < startAtMs; atMs += HOUR_MS) {
    const random = createRandom(seed, 'history', market, atMs);
    const interval = { startAtMs: atMs, endAtMs: atMs + HOUR_MS };
    const [traffic = []] = population.traffic(market, interval, 1);
    const served = traffic.map(({ segment, surface, opportunities }) => ({
      ...{ campaignId: 'history', subcampaignId: 'history', segment, surface, hourAtMs: atMs },
      impressions: Math.round(SERVED_SHARE * opportunities),
    }));
    const hasResponses = atMs >= startAtMs - RESPONSE_DAYS * DAY_MS;
    for (const cell of hasResponses ? served : [])
      clicks.add(random, { ...cell, ...interval, clickRate: population.clickRate(market, cell) });
    const isSampled = atMs >= startAtMs - SAMPLED_DAYS * DAY_MS;
    const listener = (cell: Cell, draw: Random) => population.listener(market, cell, draw);
    const outcome: SupplyObserved = {
      type: 'supply-observed',
      tenantId: 'andante',
      market,
      group: `${market}-a`,
      windowStartAtMs: interval.startAtMs,
      windowEndAtMs: interval.endAtMs,
      opportunities: traffic,
      sample: isSampled ? drawSample({ random, traffic, listener }) : [],
      ...(hasResponses ? { responses: mergeResponses(served, clicks.take(interval.endAtMs)) } : {}),
    };
    const entry = {
      source: HISTORY_SOURCE,
      eventId: `history:${market}:${atMs}`,
      occurredAtMs: atMs,
      outcomes: [outcome],
    };
    rows.push(...toRows(`history-${market}-${atMs}`, entry as LedgerEntry, startAtMs));
  }
  return rows;
}

/**
 * Different requests of the interval, each as likely as any other: what a reservoir over the single requests would
 * hold. The multiplier says how this listener responds against the cell's average; its mean is 1.
 */
function drawSample({
  random,
  traffic,
  listener,
}: {
  random: Random;
  traffic: readonly CellTraffic[];
  listener: (cell: Cell, random: Random) => ListenerSample;
}): SupplyObserved['sample'] {
  const total = traffic.reduce((sum, cell) => sum + cell.opportunities, 0);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(SAMPLE_SIZE, total)) chosen.add(drawInteger(random, 0, total - 1));
  return [...chosen].flatMap((request) => {
    let passed = 0;
    const cell = traffic.find(({ opportunities }) => (passed += opportunities) > request);
    if (!cell) return [];
    const multiplier = drawLogNormal(random, Math.exp(-(MULTIPLIER_SIGMA ** 2) / 2), MULTIPLIER_SIGMA);
    const responseMultiplier = Math.min(1000, Math.round(multiplier * 1000) / 1000);
    const { segment, surface } = cell;
    return [{ segment, surface, responseMultiplier, listener: listener(cell, random) }];
  });
}
