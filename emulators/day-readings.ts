// Reads what a played day left behind: campaigns and ledger from Firestore, rows from BigQuery.
import { BigQuery } from '@google-cloud/bigquery';
import { Firestore } from '@google-cloud/firestore';
import type { Campaign, LedgerEntry, Quarantined } from '../shared/contracts/documents.ts';
import { outcomeTables } from '../shared/contracts/outcomes.ts';
import { refs, type AllocationStore, type Ref } from '../shared/store/allocation-store.ts';
import type { Stack } from './stack.ts';
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
}

/** What one subcampaign was billed when it ended, as its row says. */
export interface BilledRow {
  campaignId: string;
  subcampaignId: string;
  billedMicros: number;
}

export interface DayReadings {
  campaigns: Campaign[];
  ledger: LedgerLine[];
  quarantined: Quarantined[];
  rows: TableRows[];
  paced: PacedRow[];
  billed: BilledRow[];
}

export async function readDay(stack: Stack, store: AllocationStore, play: PlayResult): Promise<DayReadings> {
  const client = new BigQuery({ projectId: stack.projectId, apiEndpoint: stack.bigqueryEndpoint });
  const [campaigns, ledger, quarantined, rows, paced, billed] = await Promise.all([
    readCampaigns(store, play),
    readLedger(stack),
    store.quarantined(10_000).then((found) => found.map(({ document }) => document)),
    Promise.all(Object.keys(outcomeTables).map((table) => readTable(client, stack, table))),
    readPaced(client, stack),
    readBilled(client, stack),
  ]);
  return { campaigns, ledger, quarantined, rows, paced, billed };
}

async function readCampaigns(store: AllocationStore, play: PlayResult): Promise<Campaign[]> {
  const keys = new Map(
    play.published.filter((event) => !event.isMalformed).map((event) => [event.campaignId, event.tenantId]),
  );
  const campaignRefs = [...keys].map(([campaignId, tenantId]) => refs.campaign(tenantId, campaignId));
  const found = await store.read<readonly Ref<'campaign'>[]>(campaignRefs);
  return found.filter((campaign) => campaign !== undefined).sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
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

async function readTable(client: BigQuery, { projectId, topology }: Stack, table: string): Promise<TableRows> {
  const name = `${projectId}.${topology.dataset}.${table}`;
  const [all] = await client.query(`SELECT COUNT(*) AS appended, COUNT(DISTINCT row_id) AS row_ids FROM \`${name}\``);
  const [view] = await client.query(`SELECT COUNT(*) AS row_ids FROM \`${name}_once\``);
  const [counts, shown] = [all[0], view[0]] as [{ appended: number; row_ids: number }, { row_ids: number }];
  return { table, appended: counts.appended, distinct: counts.row_ids, inView: shown.row_ids };
}

async function readPaced(client: BigQuery, { projectId, topology }: Stack): Promise<PacedRow[]> {
  const [rows] = await client.query(`
    SELECT UNIX_MILLIS(event_at) AS at_ms, s.campaign_id, s.subcampaign_id, s.spent_micros + s.in_flight_micros AS accrued_micros
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`, UNNEST(subcampaigns) AS s
    WHERE type = 'market-paced'
    ORDER BY event_at`);
  return (rows as { at_ms: number; campaign_id: string; subcampaign_id: string; accrued_micros: number }[]).map(
    (row) => ({
      atMs: row.at_ms,
      campaignId: row.campaign_id,
      subcampaignId: row.subcampaign_id,
      accruedMicros: row.accrued_micros,
    }),
  );
}

async function readBilled(client: BigQuery, { projectId, topology }: Stack): Promise<BilledRow[]> {
  const [rows] = await client.query(`
    SELECT campaign_id, subcampaign_id, billed_micros
    FROM \`${projectId}.${topology.dataset}.outcomes_once\`
    WHERE type = 'subcampaign-ended'`);
  return (rows as { campaign_id: string; subcampaign_id: string; billed_micros: number }[]).map((row) => ({
    campaignId: row.campaign_id,
    subcampaignId: row.subcampaign_id,
    billedMicros: row.billed_micros,
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
