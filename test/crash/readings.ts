// What is stored once everything has flowed: campaigns and books through the store, the ledger and BigQuery's views as they
// are. Nothing is judged here.
import type { BigQuery } from '@google-cloud/bigquery';
import type { Firestore } from '@google-cloud/firestore';
import type { BookEntry, Campaign } from '../../shared/contracts/documents.ts';
import { outcomeTables } from '../../shared/contracts/outcomes.ts';
import { refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import type { Stack } from '../../emulators/stack.ts';
import type { CrashLoad } from './crash-load.ts';

export interface LedgerLine {
  id: string;
  source: string;
  tenantId: string;
  eventId: string;
  eventType: string;
  result: string;
  outcomes: Record<string, unknown>[];
  waitingFor?: string;
  undrained?: boolean;
}

/** A row as a de-duplicating view shows it. */
export interface ShownRow {
  table: string;
  rowId: string;
  type: string;
}

/** What all rows of deliveries add up to. */
export interface DeliveredSum {
  campaignId: string;
  subcampaignId: string;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
  confirmedMicros: number;
}

/** A market's book entry, by which two campaigns of one name would be told apart. */
export interface LiveReadings {
  campaigns: Campaign[];
  entries: { market: string; entry: BookEntry }[];
}

export interface Readings {
  /** In mid-flight, every report folded. */
  live: LiveReadings;
  /** After all flights, every lease settled. */
  ended: Campaign[];
  ledger: LedgerLine[];
  quarantined: string[];
  rows: ShownRow[];
  delivered: DeliveredSum[];
  observed: { market: string; opportunities: number }[];
  billed: { campaignId: string; subcampaignId: string; billedMicros: number }[];
}

export async function readCampaigns(store: AllocationStore, { campaigns }: CrashLoad): Promise<Campaign[]> {
  const wanted = campaigns.map(({ campaignId }) => refs.campaign('t1', campaignId));
  const found = await store.read<readonly Ref<'campaign'>[]>(wanted);
  return found.filter((campaign) => campaign !== undefined);
}

export async function readLive(store: AllocationStore, load: CrashLoad): Promise<LiveReadings> {
  const entries: LiveReadings['entries'] = [];
  for (const market of load.markets) {
    const [found] = await store.read([refs.market(market)]);
    const pages = await store.read((found?.pages ?? []).map(({ page }) => refs.page(market, page)));
    for (const page of pages) entries.push(...(page?.entries ?? []).map((entry) => ({ market, entry })));
  }
  return { campaigns: await readCampaigns(store, load), entries };
}

export async function readLedger(db: Firestore): Promise<LedgerLine[]> {
  const found = await db.collection('ledger').get();
  return found.docs.map((snapshot) => {
    const { outcomes, ...line } = snapshot.data() as Omit<LedgerLine, 'outcomes'> & { outcomes: string };
    return { ...line, id: snapshot.id, outcomes: JSON.parse(outcomes) as LedgerLine['outcomes'] };
  });
}

/** What BigQuery's views show. */
export async function readRows(
  client: BigQuery,
  { projectId, topology }: Stack,
): Promise<Pick<Readings, 'rows' | 'delivered' | 'observed' | 'billed'>> {
  const view = (table: string) => `\`${projectId}.${topology.dataset}.${table}_once\``;
  const query = async <T>(sql: string): Promise<T[]> => {
    const [rows] = await client.query(sql);
    return rows as T[];
  };
  const rows: ShownRow[] = [];
  for (const table of Object.keys(outcomeTables))
    rows.push(...(await query<ShownRow>(`SELECT '${table}' AS table, row_id AS rowId, type FROM ${view(table)}`)));
  const delivered = await query<DeliveredSum>(`
    SELECT l.campaign_id AS campaignId, l.subcampaign_id AS subcampaignId, SUM(l.impressions) AS impressions,
      SUM(l.clicks) AS clicks, SUM(l.conversions) AS conversions, SUM(l.charged_micros) AS chargedMicros,
      SUM(l.confirmed_micros) AS confirmedMicros
    FROM ${view('deliveries')}, UNNEST(lines) AS l GROUP BY l.campaign_id, l.subcampaign_id`);
  const observed = await query<Readings['observed'][number]>(`
    SELECT market, SUM(o.opportunities) AS opportunities
    FROM ${view('supply_observations')}, UNNEST(opportunities) AS o GROUP BY market`);
  const billed = await query<Readings['billed'][number]>(`
    SELECT campaign_id AS campaignId, subcampaign_id AS subcampaignId, billed_micros AS billedMicros
    FROM ${view('outcomes')} WHERE type = 'subcampaign-ended'`);
  return { rows, delivered, observed, billed };
}
