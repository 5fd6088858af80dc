// What is on its way: ledger entries that owe rows to BigQuery, reports that wait for their tick.
import type { LedgerEntry } from '../contracts/documents.ts';
import type { AllocationStore } from '../store/allocation-store.ts';
import type { Difference } from './difference.ts';

/** Entries read at a time. */
const PAGE = 100;
/** Undrained entries are looked through up to here; a longer backlog is a difference anyway. */
const MAX_UNDRAINED = 10_000;
/** Waiting reports are counted up to here. */
const MAX_WAITING = 1_000;

/** What the backlog is asked about: everything, or what concerns some markets or one campaign. */
export interface Concern {
  markets: readonly string[];
  campaignId?: string;
}

/** Undrained entries that concern these markets or this campaign. */
export async function undrainedBacklog(store: AllocationStore, concern: Concern): Promise<Difference[]> {
  let ours = 0;
  let seen = 0;
  for (let afterId: string | undefined; seen < MAX_UNDRAINED;) {
    const page = await store.undrained(PAGE, afterId);
    seen += page.length;
    ours += page.filter(({ document }) => concerns(document, concern)).length;
    if (page.length < PAGE) break;
    afterId = page.at(-1)?.ref.path.split('/').at(-1);
  }
  if (ours === 0 && seen < MAX_UNDRAINED) return [];
  const isMore = seen >= MAX_UNDRAINED;
  return [
    {
      code: 'UNDRAINED',
      where: 'ledger',
      expected: '0 entries',
      found: isMore ? `${ours} of the first ${seen}, and more` : `${ours}`,
    },
  ];
}

/** Reports that these markets have not folded. */
export async function waitingBacklog(store: AllocationStore, { markets }: Concern): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const market of markets) {
    const waiting = (await store.waitingReports(market, MAX_WAITING)).length;
    const found = waiting === MAX_WAITING ? `${waiting} or more` : String(waiting);
    if (waiting > 0)
      differences.push({ code: 'REPORTS_WAITING', where: `market ${market}`, expected: '0 reports', found });
  }
  return differences;
}

function concerns(entry: LedgerEntry, { markets, campaignId }: Concern): boolean {
  return entry.outcomes.some((outcome) => {
    if ('campaignId' in outcome) return campaignId === undefined || outcome.campaignId === campaignId;
    return 'market' in outcome && markets.includes(outcome.market);
  });
}
