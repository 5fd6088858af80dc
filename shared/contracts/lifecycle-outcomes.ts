// Outcomes of how a campaign goes on and ends, and the notices that tell booking flows of each: one event for one outcome.
// Delivered at least once: receivers de-duplicate by `eventId`, which is the same for every copy.
import Type, { type Static, type TSchema } from 'typebox';
import {
  Count,
  Currency,
  EpochMs,
  Id,
  Instant,
  MarketId,
  Micros,
  PartsPerMillion,
  closed,
  event,
  fact,
  listOf,
  oneOf,
} from './scalars.ts';
import { Share } from './serving.ts';

/** Subcampaigns of a campaign. */
const MAX_PARTS = 50;

const ofCampaign = { tenantId: Id, campaignId: Id };

/** What an ended campaign came to. Billed and refunded add up to its budget. */
const account = {
  currency: Currency,
  requestedMicros: Micros,
  /** The effective budget in the end: its parts' and the escrow. */
  budgetMicros: Micros,
  billedMicros: Micros,
  refundMicros: Micros,
  /** Served above what was booked: nobody pays for it. */
  overrunMicros: Micros,
  /** The part of the budget that was billed. */
  deliveredShare: Share,
  impressions: Count,
  clicks: Count,
  conversions: Count,
};

const refund = {
  currency: Currency,
  refundMicros: Micros,
  /** Of it, what no part had. */
  escrowMicros: Micros,
};

/** The same parts again for the money that a guarantee did not deliver: booking them is a new campaign. */
const makeGood = {
  currency: Currency,
  shortMicros: Micros,
  /** Clicks at the parts' prices. */
  clicks: Count,
  subcampaigns: listOf(
    closed({ subcampaignId: Id, market: MarketId, shortMicros: Micros, clicks: Count }),
    MAX_PARTS,
    1,
  ),
};

/**
 * Why a budget will hardly be spent: what would have to be otherwise for it to be as likely as not. `supply`: traffic is below
 * its forecast; `contention`: others are served it; `response`: fewer listeners click than booked; `pacing`: it is behind its
 * spend curve.
 */
export const RiskReason = oneOf('supply', 'contention', 'response', 'pacing');

const risk = {
  subcampaignId: Id,
  market: MarketId,
  /** The probability that the rest of the budget is spent. */
  fullSpendPpm: PartsPerMillion,
  /** What it was when it last seemed likely. */
  beforePpm: PartsPerMillion,
  remainingMicros: Micros,
  reason: RiskReason,
};

/** Its flight is over in every market: clicks and closings may still come. */
export const CampaignSettling = fact('campaign-settling', { ...ofCampaign, endAtMs: EpochMs });

/** Its last part has ended: nothing of it moves any more. */
export const CampaignFinal = fact('campaign-final', { ...ofCampaign, ...account });

/** What was reserved for it and is not billed. */
export const CampaignRefunded = fact('campaign-refunded', { ...ofCampaign, ...refund });

export const MakeGoodOffered = fact('make-good-offered', { ...ofCampaign, ...makeGood, validUntilAtMs: EpochMs });

/** A part that was likely to spend its budget is not any more. */
export const SpendAtRisk = fact('spend-at-risk', { ...ofCampaign, ...risk });

function notice<const Kind extends string, Data extends Record<string, TSchema>>(kind: Kind, data: Data) {
  return closed({ campaignId: Id, kind: Type.Literal(kind), ...data });
}

/** What booking flows are told of a campaign. */
export const CampaignNotifiedEvent = event(
  'campaign-notified',
  Type.Union([
    notice('settling', { endAt: Instant }),
    notice('final', account),
    notice('refunded', refund),
    notice('make-good-offered', { ...makeGood, validUntilAt: Instant }),
    notice('spend-at-risk', risk),
  ]),
);

export type CampaignSettling = Static<typeof CampaignSettling>;
export type CampaignFinal = Static<typeof CampaignFinal>;
export type CampaignRefunded = Static<typeof CampaignRefunded>;
export type MakeGoodOffered = Static<typeof MakeGoodOffered>;
export type SpendAtRisk = Static<typeof SpendAtRisk>;
export type RiskReason = Static<typeof RiskReason>;
export type CampaignNotifiedWire = Static<typeof CampaignNotifiedEvent>;

/** Each of them is also a notice. */
export type LifecycleOutcome = CampaignSettling | CampaignFinal | CampaignRefunded | MakeGoodOffered | SpendAtRisk;
