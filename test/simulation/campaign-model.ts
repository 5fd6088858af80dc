// What a campaign event must come to: the registers by their versions, the split by its sums and bounds. Which budget is
// accepted and how it is split are decisions; that they are lawful is checked here.
import type { Campaign } from '../../shared/contracts/documents.ts';
import type { CampaignCreated, CampaignEvent } from '../../shared/contracts/events.ts';
import type { QuoteIssued } from '../../shared/contracts/forecast-outcomes.ts';
import type { CampaignAccepted, CampaignOutcome } from '../../shared/contracts/outcomes.ts';
import { committedOf, type EntryModel } from './money-model.ts';

type Order = CampaignCreated['data'];
type Accepted = Extract<CampaignOutcome, { type: 'campaign-accepted' }>;
type Applied = Extract<CampaignOutcome, { type: 'budget-applied' }>;

export interface CampaignModel {
  tenantId: string;
  campaignId: string;
  status: 'expected' | 'active' | 'paused' | 'settling' | 'closing' | 'ended';
  budgetVersion: number;
  statusVersion: number;
  waitingBudget: { version: number; budgetMicros: number } | undefined;
  waitingStatus: { version: number; status: string } | undefined;
  order: Order | undefined;
  requested: number;
  escrow: number;
  /** Its owner's pauses; the last may go on. */
  pauses: { from: number; to?: number }[];
  /** The live parts. An ended one keeps its totals. */
  parts: Map<string, EntryModel>;
}

export function expected(tenantId: string, campaignId: string): CampaignModel {
  const none = { waitingBudget: undefined, waitingStatus: undefined, order: undefined };
  return {
    tenantId,
    campaignId,
    status: 'expected',
    budgetVersion: 0,
    statusVersion: 0,
    ...none,
    requested: 0,
    escrow: 0,
    pauses: [],
    parts: new Map(),
  };
}

/** Takes an event's outcomes over; returns what about them is not lawful. */
export function applyEvent(
  campaign: CampaignModel,
  event: CampaignEvent,
  outcomes: readonly CampaignOutcome[],
  nowMs: number,
): string[] {
  const [first] = outcomes;
  if ('cause' in event.data) return applyRebalance(campaign, first);
  if (!first) return [`${event.eventId} came to nothing`];
  if (event.type === 'andante.campaign-created.v1') return applyCreated(campaign, event, outcomes, nowMs);
  if (outcomes.length > 1) return [`${event.eventId} came to ${outcomes.length} outcomes`];
  if (event.type === 'andante.campaign-status-changed.v1')
    return applyStatus(campaign, { version: event.data.statusVersion, status: event.data.status }, first, nowMs);
  const { budgetVersion: version, budgetMicros } = event.data;
  return applyBudget(campaign, { version, budgetMicros }, first, nowMs);
}

function applyCreated(
  campaign: CampaignModel,
  { eventId, data, tenantId }: CampaignCreated,
  outcomes: readonly CampaignOutcome[],
  nowMs: number,
): string[] {
  const [first, ...told] = outcomes;
  // Most seeds are played without quotes.
  const quotes = told.filter((outcome) => outcome.type === 'quote-issued');
  const others = told.filter((outcome) => outcome.type !== 'quote-issued');
  if (first?.type === 'campaign-refused') {
    const mustBe = campaign.status !== 'expected';
    if (mustBe !== (first.code === 'CAMPAIGN_EXISTS')) return [`${eventId} was refused with ${first.code}`];
    return first.code === 'FLIGHT_ENDED' && nowMs < data.endAtMs ? [`${eventId}: FLIGHT_ENDED before its end`] : [];
  }
  if (first?.type !== 'campaign-accepted') return [`${eventId} came to ${String(first?.type)}`];
  if (campaign.status !== 'expected') return [`${eventId}: ${campaign.campaignId} was accepted twice`];
  campaign.status = 'active';
  campaign.order = data;
  for (const sub of first.subcampaigns) {
    campaign.parts.set(sub.subcampaignId, {
      key: `${campaign.campaignId}/${sub.subcampaignId}`,
      tenantId,
      campaignId: campaign.campaignId,
      market: sub.market,
      priceMicros: sub.clickPriceMicros,
      startAtMs: data.startAtMs,
      endAtMs: data.endAtMs,
      segments: sub.segments,
      status: 'active',
      budget: sub.budgetMicros,
      share: undefined,
      spent: 0,
      overrun: 0,
      impressions: 0,
      clicks: 0,
      conversions: 0,
      hours: new Map(),
      unexpected: 0,
      leases: new Map(),
      page: sub.page,
    });
  }
  campaign.escrow = first.escrowMicros;
  campaign.requested = first.requestedMicros;
  const wrong = [
    ...orderDifferences(data, first),
    ...splitDifferences(campaign, first, data.budgetMicros),
    ...quotes.flatMap((quote) => quoteDifferences(first, quote)),
  ];
  const { waitingBudget, waitingStatus } = campaign;
  campaign.waitingBudget = undefined;
  campaign.waitingStatus = undefined;
  const waited = [
    ...(waitingBudget ? [(outcome: CampaignOutcome) => applyBudget(campaign, waitingBudget, outcome, nowMs)] : []),
    ...(waitingStatus ? [(outcome: CampaignOutcome) => applyStatus(campaign, waitingStatus, outcome, nowMs)] : []),
  ];
  if (waited.length !== others.length)
    return [...wrong, `${eventId}: ${waited.length} changes waited, ${others.length} were decided`];
  return [...wrong, ...waited.flatMap((apply, index) => apply(others[index] as CampaignOutcome))];
}

function orderDifferences(order: Order, accepted: Accepted): string[] {
  const asked = JSON.stringify(
    order.subcampaigns.map((sub) => [sub.subcampaignId, sub.market, sub.segments, sub.clickPriceMicros]),
  );
  const given = JSON.stringify(
    accepted.subcampaigns.map((sub) => [sub.subcampaignId, sub.market, sub.segments, sub.clickPriceMicros]),
  );
  return asked === given ? [] : [`${accepted.campaignId}: ${asked} was ordered, ${given} accepted`];
}

function applyBudget(
  campaign: CampaignModel,
  change: { version: number; budgetMicros: number },
  outcome: CampaignOutcome,
  nowMs: number,
): string[] {
  const about = `${campaign.campaignId}: budget version ${change.version}`;
  const current = campaign.waitingBudget?.version ?? campaign.budgetVersion;
  if (change.version <= current) return mustBe(outcome, 'change-superseded', `${about} after ${current}`);
  if (campaign.status === 'expected') {
    campaign.waitingBudget = change;
    return mustBe(outcome, 'change-waiting', `${about} before its campaign`);
  }
  campaign.budgetVersion = change.version;
  const isClosed = campaign.status === 'closing' || campaign.status === 'ended' || hasFlown(campaign, nowMs);
  if (outcome.type === 'budget-refused') {
    const isLawful =
      outcome.code === 'CAMPAIGN_CLOSED' ? isClosed : outcome.code !== 'FLIGHT_ENDED' || hasFlown(campaign, nowMs);
    return isLawful ? [] : [`${about} was refused with ${outcome.code}`];
  }
  if (outcome.type !== 'budget-applied' || isClosed)
    return [`${about} of a campaign that is ${campaign.status} came to ${outcome.type}`];
  const overruns = [...campaign.parts.values()].filter((part) => committedOf(part) > part.budget);
  for (const { subcampaignId, budgetMicros, shareMicros } of outcome.subcampaigns) {
    const part = campaign.parts.get(subcampaignId);
    if (!part) return [`${about} splits to ${subcampaignId}, which it does not have`];
    const kept = part.status === 'ended' ? 0 : Math.min(committedOf(part), part.budget);
    if (budgetMicros < kept) return [`${part.key} has ${kept} committed and was cut to ${budgetMicros}`];
    part.budget = budgetMicros;
    part.share = shareMicros;
  }
  campaign.escrow = outcome.escrowMicros;
  campaign.requested = change.budgetMicros;
  return splitDifferences(campaign, outcome, change.budgetMicros, overruns.length > 0);
}

/** Nothing, or the same money in other places, a tenth of it a part at the most. */
function applyRebalance(campaign: CampaignModel, outcome: CampaignOutcome | undefined): string[] {
  if (!outcome) return [];
  const about = `${campaign.campaignId}: a rebalance`;
  if (outcome.type !== 'budget-applied' || outcome.code !== 'REBALANCED' || campaign.status !== 'active')
    return [`${about} while ${campaign.status} came to ${outcome.type}`];
  const parts = [...campaign.parts.values()];
  const money = () => parts.reduce((sum, part) => sum + part.budget, campaign.escrow);
  const before = money();
  const wrong: string[] = [];
  for (const { subcampaignId, budgetMicros, shareMicros } of outcome.subcampaigns) {
    const part = campaign.parts.get(subcampaignId);
    if (!part) return [`${about} splits to ${subcampaignId}, which it does not have`];
    const sub = campaign.order?.subcampaigns.find((one) => one.subcampaignId === subcampaignId);
    const floor = sub?.lockMicros ?? sub?.floorMicros ?? 0;
    const cap = sub?.lockMicros ?? sub?.capMicros ?? Infinity;
    const moved = budgetMicros - part.budget;
    if (moved < 0 && budgetMicros < Math.min(part.budget, Math.max(committedOf(part), floor)))
      wrong.push(`${about} cuts ${part.key} to ${budgetMicros}`);
    if (moved > 0 && budgetMicros > cap)
      wrong.push(`${about} gives ${budgetMicros} to ${part.key}, whose cap is ${cap}`);
    if (Math.abs(moved) > before / 10 || (part.status === 'ended' && moved !== 0) || shareMicros !== undefined)
      wrong.push(`${about} moves ${part.key} by ${moved} of ${before}`);
    part.budget = budgetMicros;
  }
  campaign.escrow = outcome.escrowMicros;
  if (money() !== before || outcome.budgetMicros !== before || outcome.escrowMicros < 0)
    wrong.push(`invariant 1: ${about} makes ${money()} of ${before}`);
  return wrong;
}

function applyStatus(
  campaign: CampaignModel,
  change: { version: number; status: string },
  outcome: CampaignOutcome,
  nowMs: number,
): string[] {
  const about = `${campaign.campaignId}: status version ${change.version}`;
  const current = campaign.waitingStatus?.version ?? campaign.statusVersion;
  if (change.version <= current) return mustBe(outcome, 'change-superseded', `${about} after ${current}`);
  if (campaign.status === 'expected') {
    campaign.waitingStatus = change;
    return mustBe(outcome, 'change-waiting', `${about} before its campaign`);
  }
  campaign.statusVersion = change.version;
  const goesOn = change.status === 'active' || change.status === 'paused';
  const isClosed = campaign.status === 'closing' || campaign.status === 'ended' || hasFlown(campaign, nowMs);
  if (isClosed) return mustBe(outcome, 'status-refused', `${about} of a campaign that is over`);
  campaign.status = goesOn ? (change.status as 'active' | 'paused') : 'closing';
  const pause = campaign.pauses.at(-1);
  const isOpen = pause !== undefined && pause.to === undefined;
  if (campaign.status === 'paused' && !isOpen) campaign.pauses.push({ from: nowMs });
  if (campaign.status !== 'paused' && isOpen) pause.to = nowMs;
  for (const part of campaign.parts.values()) if (part.status !== 'ended') part.status = campaign.status;
  return mustBe(outcome, 'status-applied', about);
}

/** By the clock, or by the tick of one of its markets, which may be ahead of it. */
function hasFlown({ order, parts }: CampaignModel, nowMs: number): boolean {
  const isTimeUp = order !== undefined && nowMs >= order.endAtMs;
  return isTimeUp || [...parts.values()].some(({ status }) => status === 'settling');
}

function mustBe(outcome: CampaignOutcome, type: CampaignOutcome['type'], about: string): string[] {
  return outcome.type === type ? [] : [`${about} came to ${outcome.type} instead of ${type}`];
}

/** Sums to the micro; floors, caps and locks; nothing that is no whole micro. */
function splitDifferences(
  campaign: CampaignModel,
  outcome: Accepted | Applied,
  requestedMicros: number,
  hasOverrun = false,
): string[] {
  const about = `${campaign.campaignId}: the split of ${requestedMicros}`;
  const parts = [...campaign.parts.values()];
  const budgets = parts.reduce((sum, part) => sum + part.budget, 0);
  const shares = parts.reduce((sum, part) => sum + (part.share ?? part.budget), 0);
  const wrong: string[] = [];
  if (
    ![outcome.escrowMicros, ...parts.flatMap((part) => [part.budget, part.share ?? 0])].every(
      (micros) => Number.isSafeInteger(micros) && micros >= 0,
    )
  )
    wrong.push(`${about} has what is no whole micro`);
  if (budgets + outcome.escrowMicros !== outcome.budgetMicros)
    wrong.push(
      `invariant 1: ${about} adds up to ${budgets + outcome.escrowMicros}, the budget is ${outcome.budgetMicros}`,
    );
  if (outcome.requestedMicros !== requestedMicros) wrong.push(`${about} says ${outcome.requestedMicros} was requested`);
  const isScaled = outcome.code === 'SCALED_DOWN';
  const given = shares + outcome.escrowMicros;
  if (isScaled ? given >= requestedMicros : given !== requestedMicros)
    wrong.push(`${about} gives ${given}${isScaled ? ', scaled down' : ''}`);
  for (const sub of campaign.order?.subcampaigns ?? []) {
    const part = campaign.parts.get(sub.subcampaignId) as EntryModel;
    if (part.status === 'ended') continue;
    const share = part.share ?? part.budget;
    const cap = Math.max(sub.lockMicros ?? sub.capMicros ?? Infinity, committedOf(part));
    if (share > cap) wrong.push(`${about} gives ${share} to ${part.key}, whose cap is ${cap}`);
    const floor = sub.lockMicros ?? sub.floorMicros ?? 0;
    const needed = parts.reduce((sum, one) => sum + Math.max(floorOf(campaign, one), committedOf(one)), 0);
    if (share < floor && needed <= requestedMicros && !hasOverrun)
      wrong.push(`${about} gives ${share} to ${part.key}, whose floor is ${floor}`);
  }
  return wrong;
}

function floorOf({ order }: CampaignModel, part: EntryModel): number {
  const sub = order?.subcampaigns.find(({ subcampaignId }) => part.key.endsWith(`/${subcampaignId}`));
  return sub?.lockMicros ?? sub?.floorMicros ?? 0;
}

/** Where a stored campaign says something else than the model. */
export function campaignDifference(stored: Campaign, model: CampaignModel): string | undefined {
  const numbers: [string, unknown, unknown][] = [
    ['status', stored.status, model.status],
    ['budget version', stored.budgetVersion, model.budgetVersion],
    ['status version', stored.statusVersion, model.statusVersion],
    ['waiting budget', stored.waitingBudget?.budgetMicros, model.waitingBudget?.budgetMicros],
    ['waiting status', stored.waitingStatus?.status, model.waitingStatus?.status],
    ['escrow', stored.escrowMicros, model.escrow],
    ['requested budget', stored.requestedMicros, model.requested],
    ['pause', stored.pausedAtMs, model.pauses.at(-1)?.to === undefined ? model.pauses.at(-1)?.from : undefined],
    [
      'budget',
      stored.budgetMicros,
      stored.subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, stored.escrowMicros),
    ],
  ];
  const wrong = numbers.find(([, is, should]) => is !== should);
  return wrong && `${model.campaignId}: ${wrong[0]} is ${String(wrong[1])} and should be ${String(wrong[2])}`;
}

/** A quote is about what was accepted, promises no more than that, and nothing out of order. */
function quoteDifferences(accepted: CampaignAccepted, quote: QuoteIssued): string[] {
  const promised = [quote, ...quote.subcampaigns];
  const budgets = [accepted, ...accepted.subcampaigns].map(({ budgetMicros }) => budgetMicros);
  const isOrdered = promised.every(({ impressions, clicks, conversions, spendMicros, budgetMicros }) =>
    [impressions, clicks, conversions, { ...spendMicros, most: budgetMicros }].every((range) => {
      const numbers = Object.values(range);
      return numbers.every((number, index) => number >= (numbers[index - 1] ?? 0));
    }),
  );
  const id = accepted.campaignId;
  return [
    ...(promised.map(({ budgetMicros }) => budgetMicros).join() === budgets.join()
      ? []
      : [`${id}: a quote of other budgets`]),
    ...(isOrdered ? [] : [`${id}: a quote out of order`]),
  ];
}
