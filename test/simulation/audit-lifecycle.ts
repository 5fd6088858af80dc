// What a tick must make of the campaigns whose flight, or whose parts, it ended: told once when the last part is over, and
// once more, with an account that adds up, when the last part has ended.
import type { BookPage, Campaign, LedgerEntry } from '../../shared/contracts/documents.ts';
import type { LifecycleOutcome } from '../../shared/contracts/lifecycle-outcomes.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import { DAY_MS } from '../support/instants.ts';
import { entryKeyOf, type Books, type Change } from './books.ts';
import { campaignDifference, type CampaignModel } from './campaign-model.ts';

/** The outcomes that booking flows are told of. */
export function isNoticed(outcome: Outcome): outcome is LifecycleOutcome {
  return noticed.has(outcome.type);
}

const noticed = new Set<string>([
  'campaign-settling',
  'campaign-final',
  'campaign-refunded',
  'make-good-offered',
  'spend-at-risk',
] satisfies LifecycleOutcome['type'][]);

/** @param moved campaigns, by tenant and id, of which a part was settling or ended for the first time at this tick */
export function auditLifecycle(
  { must, campaigns }: Books,
  moved: ReadonlySet<string>,
  written: readonly Change<Campaign>[],
  own: LedgerEntry | undefined,
  nowMs: number,
): void {
  const keyed = new Map(written.map(({ after }) => [`${after.tenantId}/${after.campaignId}`, after]));
  for (const key of keyed.keys()) must(moved.has(key), () => `a tick wrote ${key}, of which it ended nothing`);
  const told = (own?.outcomes ?? []).filter(isNoticed).filter(({ type }) => type !== 'spend-at-risk');
  for (const key of moved) {
    const campaign = campaigns.get(key);
    const stored = keyed.get(key);
    must(stored !== undefined, () => `a tick ended parts of ${key}, which was not told`);
    if (!campaign || !stored) continue;
    const due = dueOutcomes(campaign, nowMs);
    const { campaignId } = campaign;
    const is = told.filter((outcome) => outcome.campaignId === campaignId);
    must(spell(is) === spell(due), () => `${campaignId}: a tick told ${spell(is)}, due was ${spell(due)}`);
    const wrong = campaignDifference(stored, campaign);
    must(wrong === undefined, () => wrong as string);
  }
  for (const { tenantId, campaignId, type } of told)
    must(moved.has(`${tenantId}/${campaignId}`), () => `${campaignId} was told ${type}, and nothing of it ended`);
}

/** A part is warned of when it falls from likely to unlikely, and of nothing else; what it is stays noted until it recovers. */
export function auditWarnings({ must }: Books, pages: readonly Change<BookPage>[], own: LedgerEntry | undefined): void {
  const warned = new Map(
    (own?.outcomes ?? []).flatMap((outcome) =>
      outcome.type === 'spend-at-risk' ? [[entryKeyOf(outcome), outcome] as const] : [],
    ),
  );
  for (const { before, after } of pages) {
    const known = new Map(before?.entries.map((entry) => [entryKeyOf(entry), entry.fullSpendPpm ?? 0]));
    for (const entry of after.entries) {
      const key = entryKeyOf(entry);
      const [was, is] = [known.get(key) ?? 0, entry.fullSpendPpm ?? 0];
      const fell = was >= 800_000 && is < 500_000;
      const warning = warned.get(key);
      must(
        fell === (warning !== undefined),
        () => `${key} went from ${was} to ${is}, ${warning ? '' : 'not '}warned of`,
      );
      must(was === is || fell || is >= 800_000, () => `${key} is noted as neither likely nor unlikely: ${is}`);
      const told = warning ? [warning.beforePpm, warning.fullSpendPpm].join() : '';
      must(!warning || told === [was, is].join(), () => `${key} was warned of ${told}, it went from ${was} to ${is}`);
      warned.delete(key);
    }
  }
  for (const key of warned.keys()) must(false, () => `${key} was warned of, and its page was not written`);
}

/** Moves the campaign on and says what it is to be told. */
function dueOutcomes(campaign: CampaignModel, nowMs: number): Partial<LifecycleOutcome>[] {
  const { order, tenantId, campaignId, status } = campaign;
  if (!order) return [];
  const parts = [...campaign.parts.values()];
  const about = { tenantId, campaignId };
  const due: Partial<LifecycleOutcome>[] = [];
  const isCalledOff = status === 'closing';
  if (
    !isCalledOff &&
    status !== 'settling' &&
    parts.every((part) => part.status === 'settling' || part.status === 'ended')
  ) {
    campaign.status = 'settling';
    due.push({ type: 'campaign-settling', ...about, endAtMs: order.endAtMs });
  }
  if (!parts.every((part) => part.status === 'ended')) return due;
  campaign.status = 'ended';
  const { currency } = order;
  let [budget, billed, overrun] = [campaign.escrow, 0, 0];
  const counts = { impressions: 0, clicks: 0, conversions: 0 };
  for (const part of parts) {
    budget += part.budget;
    billed += Math.min(part.spent, part.budget);
    overrun += part.overrun;
    for (const name of ['impressions', 'clicks', 'conversions'] as const) counts[name] += part[name];
  }
  const refundMicros = budget - billed;
  due.push({
    type: 'campaign-final',
    ...about,
    currency,
    requestedMicros: campaign.requested,
    budgetMicros: budget,
    billedMicros: billed,
    refundMicros,
    overrunMicros: overrun,
    deliveredShare: billed / budget,
    ...counts,
  });
  if (refundMicros > 0)
    due.push({ type: 'campaign-refunded', ...about, currency, refundMicros, escrowMicros: campaign.escrow });
  const offer = isCalledOff || overrun > 0 ? undefined : makeGood(campaign, nowMs);
  if (offer) due.push({ type: 'make-good-offered', ...about, currency, ...offer });
  return due;
}

function makeGood({ order, parts, pauses }: CampaignModel, nowMs: number) {
  const { startAtMs = 0, endAtMs = 0, subcampaigns: ordered = [] } = order ?? {};
  let paused = 0;
  for (const { from, to = nowMs } of pauses) paused += Math.max(0, Math.min(to, endAtMs) - Math.max(from, startAtMs));
  if (2 * paused > endAtMs - startAtMs) return undefined;
  let [sold, billed] = [0, 0];
  const subcampaigns = ordered.flatMap(({ subcampaignId, isAuctioned }) => {
    const part = parts.get(subcampaignId);
    if (!part || isAuctioned) return [];
    const own = Math.min(part.spent, part.budget);
    sold += part.budget;
    billed += own;
    const shortMicros = part.budget - own;
    const clicks = (shortMicros - (shortMicros % part.priceMicros)) / part.priceMicros;
    return clicks > 0 ? [{ subcampaignId, market: part.market, shortMicros, clicks }] : [];
  });
  if (billed >= 0.98 * sold || subcampaigns.length === 0) return undefined;
  const sum = (name: 'shortMicros' | 'clicks') => subcampaigns.reduce((total, one) => total + one[name], 0);
  return { shortMicros: sum('shortMicros'), clicks: sum('clicks'), subcampaigns, validUntilAtMs: nowMs + 14 * DAY_MS };
}

/** Text of the same facts, whatever order they are named in. */
function spell(outcomes: readonly Partial<LifecycleOutcome>[]): string {
  return JSON.stringify(outcomes.map((outcome) => Object.entries(outcome).sort(([a], [b]) => (a < b ? -1 : 1))));
}
