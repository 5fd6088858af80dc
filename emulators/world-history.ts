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
import { createClickStream } from './world/click-stream.ts';
import type { Cell, Population } from './world/population.ts';
import { createRandom, type Random } from './world/random.ts';
import { drawSample } from './world/report-writer.ts';
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

/** The source of rows that no report stands behind. */
export const HISTORY_SOURCE = 'history';

/** Writes eight weeks of hourly reports before `startAtMs`, of one ad-server group in each market. */
export async function writeHistory(
  { projectId, bigqueryEndpoint, topology }: Stack,
  population: Population,
  { seed, startAtMs }: { seed: number; startAtMs: number },
): Promise<void> {
  const client = new BigQuery({ projectId, apiEndpoint: bigqueryEndpoint, authClient: new PassThroughClient() });
  const log = createBigQueryLog(client, topology.dataset);
  const rows = population.markets.flatMap((market) => historyRows(population, market, { seed, startAtMs }));
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
