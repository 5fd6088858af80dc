// What outcomes do to a campaign: `outcomes.reduce(evolve, expectedCampaign(...))` is the stored campaign with its live
// numbers. Money and lifecycle only: leases and cohorts are checkpointed in the book.
import type { BookEntry, Campaign, Subcampaign } from '../contracts/documents.ts';
import { sumMicros } from '../contracts/micros.ts';
import type {
  CampaignAccepted,
  Outcome,
  RequestedStatus,
  SubcampaignEnded,
  SubcampaignStatus,
} from '../contracts/outcomes.ts';
import { entryNumbers } from './entry-money.ts';
import { withPause } from './flight-pauses.ts';

const noNumbers = {
  spentMicros: 0,
  inFlightMicros: 0,
  leasedMicros: 0,
  overrunMicros: 0,
  impressions: 0,
  clicks: 0,
  conversions: 0,
};

/** The campaign after one outcome; outcomes of other campaigns leave it as it is. */
export function evolve(campaign: Campaign, outcome: Outcome): Campaign {
  if ('campaignId' in outcome && outcome.campaignId !== campaign.campaignId) return campaign;
  switch (outcome.type) {
    case 'campaign-accepted':
      return accept(campaign, outcome);
    case 'budget-applied':
      return {
        ...campaign,
        budgetVersion: outcome.budgetVersion,
        splitVersion: outcome.splitVersion,
        requestedMicros: outcome.requestedMicros,
        budgetMicros: outcome.budgetMicros,
        escrowMicros: outcome.escrowMicros,
        subcampaigns: campaign.subcampaigns.map((sub) => {
          const part = outcome.subcampaigns.find((candidate) => candidate.subcampaignId === sub.subcampaignId);
          return part ? withBudget(sub, part) : sub;
        }),
      };
    case 'budget-refused':
      return { ...campaign, budgetVersion: outcome.budgetVersion };
    case 'status-applied':
      return applyStatus(campaign, outcome);
    case 'status-refused':
      return { ...campaign, statusVersion: outcome.statusVersion };
    case 'change-waiting':
      if (outcome.requestedStatus !== undefined) {
        return { ...campaign, waitingStatus: { status: outcome.requestedStatus, statusVersion: outcome.version } };
      }
      return {
        ...campaign,
        waitingBudget: { budgetMicros: outcome.requestedMicros as number, budgetVersion: outcome.version },
      };
    case 'market-paced':
      return withLiveBudget(
        campaign,
        campaign.subcampaigns.map((sub) => {
          const line = outcome.subcampaigns.find(
            (moved) => moved.campaignId === campaign.campaignId && moved.subcampaignId === sub.subcampaignId,
          );
          if (!line) return sub;
          const { campaignId: _campaign, budgetMicros = sub.budgetMicros, overrunMicros = 0, ...numbers } = line;
          return withBudget({ ...sub, ...numbers, overrunMicros }, { budgetMicros, shareMicros: sub.shareMicros });
        }),
      );
    case 'subcampaign-ended':
      return endSubcampaign(campaign, outcome);
    case 'campaign-settling':
      // Where nothing was left to settle, its parts have ended in the same tick.
      return campaign.status === 'ended' ? campaign : { ...campaign, status: 'settling' };
    case 'campaign-final':
    case 'campaign-refunded':
    case 'make-good-offered':
    case 'spend-at-risk':
    case 'campaign-held':
    case 'hold-ended':
    case 'campaign-refused':
    case 'change-superseded':
    case 'delivery-folded':
    case 'supply-observed':
    case 'supply-forecast':
    case 'supply-frozen':
    case 'quote-issued':
      return campaign;
    default:
      return outcome satisfies never;
  }
}

/** The status an owner's wish gives to the live parts of a campaign. */
export function liveStatus(requested: RequestedStatus): 'active' | 'paused' | 'closing' {
  return requested === 'active' || requested === 'paused' ? requested : 'closing';
}

/** A campaign as stored, with the live numbers, budgets and states of its book entries. */
export function withLiveNumbers(campaign: Campaign, entries: readonly BookEntry[]): Campaign {
  return withLiveBudget(
    campaign,
    campaign.subcampaigns.map((sub) => {
      const entry = entries.find(
        (candidate) => candidate.campaignId === campaign.campaignId && candidate.subcampaignId === sub.subcampaignId,
      );
      return entry ? withBudget({ ...sub, ...entryNumbers(entry), status: entry.status }, entry) : sub;
    }),
  );
}

/** What a campaign's budget is at the least without a change of its owner's: it may have fallen so far since it was stored. */
export function fallenMicros(campaign: Campaign): number {
  return sumMicros([campaign.escrowMicros, ...campaign.subcampaigns.map((sub) => sub.shareMicros ?? sub.budgetMicros)]);
}

/** A part with another budget; its share is stated only where the budget is above it. */
function withBudget(
  sub: Subcampaign,
  { budgetMicros, shareMicros }: { budgetMicros: number; shareMicros?: number | undefined },
): Subcampaign {
  const { shareMicros: _old, ...rest } = sub;
  const isAbove = shareMicros !== undefined && shareMicros < budgetMicros;
  return { ...rest, budgetMicros, ...(isAbove ? { shareMicros } : {}) };
}

/** A campaign whose parts' budgets moved: its own is their sum and the escrow. */
function withLiveBudget(campaign: Campaign, subcampaigns: Subcampaign[]): Campaign {
  return {
    ...campaign,
    subcampaigns,
    budgetMicros: sumMicros([campaign.escrowMicros, ...subcampaigns.map((sub) => sub.budgetMicros)]),
  };
}

function accept(campaign: Campaign, outcome: CampaignAccepted): Campaign {
  const {
    type: _type,
    code: _code,
    subcampaigns,
    currency,
    objective,
    ifShort,
    startAtMs,
    endAtMs,
    ...money
  } = outcome;
  const { waitingBudget: _budget, waitingStatus: _status, ...known } = campaign;
  return {
    ...known,
    ...money,
    status: 'active',
    terms: { currency, objective, ifShort, startAtMs, endAtMs },
    subcampaigns: subcampaigns.map((sub) => ({ ...sub, ...noNumbers, status: 'active' })),
  };
}

function applyStatus(
  campaign: Campaign,
  { requestedStatus, statusVersion, decidedAtMs }: Extract<Outcome, { type: 'status-applied' }>,
): Campaign {
  const status = liveStatus(requestedStatus);
  // Outcomes of an older release have no time.
  const timed = decidedAtMs === undefined ? campaign : withPause(campaign, status === 'paused', decidedAtMs);
  return {
    ...timed,
    status,
    statusVersion,
    subcampaigns: campaign.subcampaigns.map((sub) => (sub.status === 'ended' ? sub : { ...sub, status })),
  };
}

function endSubcampaign(campaign: Campaign, outcome: SubcampaignEnded): Campaign {
  const { type: _type, tenantId: _tenant, campaignId: _campaign, billedMicros: _billed, ...totals } = outcome;
  const ended = { ...totals, status: 'ended' satisfies SubcampaignStatus } as const;
  const subcampaigns: Subcampaign[] = campaign.subcampaigns.map((sub) =>
    sub.subcampaignId === outcome.subcampaignId ? withBudget({ ...sub, ...ended }, outcome) : sub,
  );
  const isOver = subcampaigns.every((sub) => sub.status === 'ended');
  return { ...withLiveBudget(campaign, subcampaigns), status: isOver ? 'ended' : campaign.status };
}
