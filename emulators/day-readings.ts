// Reads what a played day left behind: campaigns and ledger from Firestore, rows from BigQuery.
import { setTimeout as pauseFor } from 'node:timers/promises';
import { BigQuery } from '@google-cloud/bigquery';
import { Firestore } from '@google-cloud/firestore';
import type { Campaign, LedgerEntry, Quarantined, SupplyDay } from '../shared/contracts/documents.ts';
import { outcomeTables } from '../shared/contracts/outcomes.ts';
import { refs, type AllocationStore, type Ref } from '../shared/store/allocation-store.ts';
import type { Stack } from './stack.ts';
import { createBookingClient, type CampaignAnswer } from './world/booking-client.ts';
import { HISTORY_SOURCE } from './world-history.ts';
import type { PlayResult } from './world-stack.ts';

export interface TableRows {
  table: string;
  /** Copies included. */
  appended: number;
  distinct: number;
  /** What the de-duplicating view shows. */
  inView: number;
}

/** A ledger entry without its outcomes, which are only counted. */
export type LedgerLine = Omit<LedgerEntry, 'outcomes' | 'report'> & { outcomeCount: number };

/** One subcampaign's accrued spend after one tick. */
export interface PacedRow {
  atMs: number;
  campaignId: string;
  subcampaignId: string;
  accruedMicros: number;
  leasedMicros: number;
}

/** What one subcampaign was billed when it ended, as its row says. */
export interface BilledRow {
  campaignId: string;
  subcampaignId: string;
  billedMicros: number;
  endedAtMs: number;
}

/** What a campaign was told when it was booked. */
export interface QuotedRow {
  campaignId: string;
  /** The probability that all of its budget is spent, 0 to 1. */
  fullSpend: number;
  clicks: number;
}

/** How a forecast of a whole market's day turned out. */
export interface ScoredRow {
  market: string;
  /** log(what came / what was forecast). */
  logError: number;
  isInside: boolean;
}

/** What a campaign came to, as its last row says. */
export interface FinalRow {
  campaignId: string;
  budgetMicros: number;
  billedMicros: number;
  refundMicros: number;
}

/** A campaign that was not booked, with how many changes it was told would be. */
export interface RefusedRow {
  campaignId: string;
  counterOffers: number;
}

export interface DayReadings {
  campaigns: Campaign[];
  ledger: LedgerLine[];
  quarantined: Quarantined[];
  rows: TableRows[];
  paced: PacedRow[];
  billed: BilledRow[];
  finals: FinalRow[];
  refused: RefusedRow[];
  /** When owners cancelled campaigns, by campaign id. */
  cancelledAtMs: ReadonlyMap<string, number>;
  /** Listeners that saw a subcampaign, by campaign and subcampaign id with a slash between. */
  reached: ReadonlyMap<string, number>;
  /** How campaigns went on and ended, by kind of outcome. */
  notices: Record<string, number>;
  /** What each market could sell at the most. */
  supply: ReadonlyMap<string, SupplyDay[]>;
  quotes: QuotedRow[];
  scores: ScoredRow[];
  /** What the API says to their owners of the campaigns that were booked through it, by id. */
  shown: ReadonlyMap<string, CampaignAnswer>;
}

export async function readDay(
  stack: Stack,
  store: AllocationStore,
  play: PlayResult,
  supply: DayReadings['supply'],
): Promise<DayReadings> {
  const client = new BigQuery({ projectId: stack.projectId, apiEndpoint: stack.bigqueryEndpoint });
  const [
    campaigns,
    ledger,
    quarantined,
    rows,
    paced,
    billed,
    finals,
    refused,
    cancelledAtMs,
    reached,
    notices,
    quotes,
    scores,
    shown,
  ] = await Promise.all([
    readCampaigns(store, play),
    readLedger(stack),
    store.quarantined(10_000).then((found) => found.map(({ document }) => document)),
    Promise.all(Object.keys(outcomeTables).map((table) => readTable(client, stack, table))),
    readPaced(client, stack),
    readBilled(client, stack),
    readFinals(client, stack),
    readRefused(client, stack),
    readCancelled(client, stack),
    readReached(client, stack),
    readNotices(client, stack),
    readQuotes(client, stack),
    readScores(client, stack),
    readShown(stack, play),
  ]);
  return {
    campaigns,
    ledger,
    quarantined,
    rows,
    paced,
    billed,
    finals,
    refused,
    cancelledAtMs,
    reached,
    notices,
    supply,
    quotes,
    scores,
    shown,
  };
}

async function readCampaigns(store: AllocationStore, play: PlayResult): Promise<Campaign[]> {
  const published = play.published.filter((event) => !event.isMalformed);
  const booked = play.booked.flatMap(({ tenantId, answer: { lines = [] } }) =>
    lines.map(({ campaignId }) => ({ campaignId, tenantId })),
  );
  const keys = new Map([...published, ...booked].map(({ campaignId, tenantId }) => [campaignId, tenantId]));
  const campaignRefs = [...keys].map(([campaignId, tenantId]) => refs.campaign(tenantId, campaignId));
  const found = await store.read<readonly Ref<'campaign'>[]>(campaignRefs);
  return found.filter((campaign) => campaign !== undefined).sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
}

/** As a booking flow would look at them. */
async function readShown({ functionsUrl }: Stack, { booked, reachedAtMs }: PlayResult): Promise<DayReadings['shown']> {
  const shown = new Map<string, CampaignAnswer>();
  for (const { tenantId, answer } of booked) {
    if (answer.status !== 'confirmed') continue;
    const client = createBookingClient({ functionsUrl, tenantId, fetch, pause: (waitMs) => pauseFor(waitMs) });
    for (const { campaignId, result } of answer.lines ?? [])
      if (result !== 'refused') shown.set(campaignId, await client.readCampaign(campaignId, reachedAtMs));
  }
  return shown;
}

/** Read with the client itself: the store has no way to read a whole ledger, and none but this needs it. */
async function readLedger({ projectId, firestoreHost }: Stack): Promise<LedgerLine[]> {
  const db = firestoreClient(projectId, firestoreHost);
  try {
    const found = await db.collection('ledger').get();
    return found.docs.map((snapshot) => {
      const { outcomes, ...line } = snapshot.data() as LedgerLine & { outcomes: string };
      return { ...line, outcomeCount: (JSON.parse(outcomes) as unknown[]).length };
    });
  } finally {
    await db.terminate();
  }
}

/** The rows that the ledger owes: the weeks before the world are in no ledger. */
async function readTable(client: BigQuery, { projectId, topology }: Stack, table: string): Promise<TableRows> {
  const name = `${projectId}.${topology.dataset}.${table}`;
  const own = `WHERE source != '${HISTORY_SOURCE}'`;
  const [all] = await client.query(
    `SELECT COUNT(*) AS appended, COUNT(DISTINCT row_id) AS row_ids FROM \`${name}\` ${own}`,
  );
  const [view] = await client.query(`SELECT COUNT(*) AS row_ids FROM \`${name}_once\` ${own}`);
  const [counts, shown] = [all[0], view[0]] as [{ appended: number; row_ids: number }, { row_ids: number }];
  return { table, appended: counts.appended, distinct: counts.row_ids, inView: shown.row_ids };
}

async function readPaced(client: BigQuery, { projectId, topology }: Stack): Promise<PacedRow[]> {
  const [rows] = await client.query(`
    SELECT UNIX_MILLIS(event_at) AS at_ms, s.campaign_id, s.subcampaign_id,
      s.spent_micros + s.in_flight_micros AS accrued_micros, s.leased_micros
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`, UNNEST(subcampaigns) AS s
    WHERE type = 'market-paced'
    ORDER BY event_at`);
  type Row = Record<'at_ms' | 'accrued_micros' | 'leased_micros', number> &
    Record<'campaign_id' | 'subcampaign_id', string>;
  return (rows as Row[]).map((row) => ({
    atMs: row.at_ms,
    campaignId: row.campaign_id,
    subcampaignId: row.subcampaign_id,
    accruedMicros: row.accrued_micros,
    leasedMicros: row.leased_micros,
  }));
}

async function readFinals(client: BigQuery, { projectId, topology }: Stack): Promise<FinalRow[]> {
  const [rows] = await client.query(`
    SELECT campaign_id, budget_micros, billed_micros, refund_micros
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type = 'campaign-final'`);
  type Row = Record<'campaign_id', string> & Record<'budget_micros' | 'billed_micros' | 'refund_micros', number>;
  return (rows as Row[]).map((row) => ({
    campaignId: row.campaign_id,
    budgetMicros: row.budget_micros,
    billedMicros: row.billed_micros,
    refundMicros: row.refund_micros,
  }));
}

async function readRefused(client: BigQuery, { projectId, topology }: Stack): Promise<RefusedRow[]> {
  const [rows] = await client.query(`
    SELECT campaign_id, ARRAY_LENGTH(counter_offers) AS offers
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type = 'campaign-refused'`);
  return (rows as { campaign_id: string; offers: number | null }[]).map((row) => ({
    campaignId: row.campaign_id,
    counterOffers: row.offers ?? 0,
  }));
}

async function readCancelled(client: BigQuery, { projectId, topology }: Stack): Promise<Map<string, number>> {
  const [rows] = await client.query(`
    SELECT campaign_id, UNIX_MILLIS(event_at) AS at_ms
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type = 'status-applied' AND requested_status = 'cancelled'`);
  return new Map((rows as { campaign_id: string; at_ms: number }[]).map((row) => [row.campaign_id, row.at_ms]));
}

async function readReached(client: BigQuery, { projectId, topology }: Stack): Promise<Map<string, number>> {
  const [rows] = await client.query(`
    SELECT l.campaign_id, l.subcampaign_id, SUM(l.reached) AS reached
    FROM \`${projectId}.${topology.dataset}.deliveries_once\`, UNNEST(lines) AS l
    GROUP BY l.campaign_id, l.subcampaign_id`);
  return new Map(
    (rows as { campaign_id: string; subcampaign_id: string; reached: number | null }[]).map((row) => [
      `${row.campaign_id}/${row.subcampaign_id}`,
      row.reached ?? 0,
    ]),
  );
}

const NOTICES = ['campaign-settling', 'campaign-final', 'campaign-refunded', 'make-good-offered', 'spend-at-risk'];

async function readNotices(client: BigQuery, { projectId, topology }: Stack): Promise<Record<string, number>> {
  const [rows] = await client.query(`
    SELECT type, COUNT(*) AS n
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type IN (${NOTICES.map((kind) => `'${kind}'`).join(', ')})
    GROUP BY type`);
  return Object.fromEntries((rows as { type: string; n: number }[]).map(({ type, n }) => [type, n]));
}

async function readBilled(client: BigQuery, { projectId, topology }: Stack): Promise<BilledRow[]> {
  const [rows] = await client.query(`
    SELECT campaign_id, subcampaign_id, billed_micros, UNIX_MILLIS(event_at) AS ended_at_ms
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type = 'subcampaign-ended'`);
  type Row = Record<'campaign_id' | 'subcampaign_id', string> & Record<'billed_micros' | 'ended_at_ms', number>;
  return (rows as Row[]).map((row) => ({
    campaignId: row.campaign_id,
    subcampaignId: row.subcampaign_id,
    billedMicros: row.billed_micros,
    endedAtMs: row.ended_at_ms,
  }));
}

async function readQuotes(client: BigQuery, { projectId, topology }: Stack): Promise<QuotedRow[]> {
  const [rows] = await client.query(`
    SELECT campaign_id, full_spend_ppm, clicks.mid AS clicks
    FROM \`${projectId}.${topology.dataset}.quotes_once\`
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY campaign_id ORDER BY issued_at) = 1`);
  return (rows as { campaign_id: string; full_spend_ppm: number; clicks: number }[]).map((row) => ({
    campaignId: row.campaign_id,
    fullSpend: row.full_spend_ppm / 1e6,
    clicks: row.clicks,
  }));
}

async function readScores(client: BigQuery, { projectId, topology }: Stack): Promise<ScoredRow[]> {
  const [rows] = await client.query(`
    SELECT market, log_error, is_inside
    FROM \`${projectId}.${topology.dataset}.forecast_scores\`
    WHERE days = 1 AND segment IS NULL AND surface IS NULL`);
  return (rows as { market: string; log_error: number; is_inside: boolean }[]).map((row) => ({
    market: row.market,
    logError: row.log_error,
    isInside: row.is_inside,
  }));
}

/** A client of an emulator, whatever the environment says. */
export function firestoreClient(projectId: string, emulatorHost: string): Firestore {
  const { hostname, port } = new URL(`http://${emulatorHost}`);
  return new Firestore({
    projectId,
    host: hostname,
    port: Number(port),
    ssl: false,
    customHeaders: { Authorization: 'Bearer owner' },
  });
}
