// The invariants of the architecture, looked at from outside: pictures of what is stored, checked with arithmetic of their
// own. Nothing here asks `decide`, and no sum is taken from the code that is checked; only the fold of outcomes is, because
// that it equals the state is the invariant. Each check says what it found, one sentence for each violation.
import { isDeepStrictEqual } from 'node:util';
import { expectedCampaign } from '../../shared/campaign/campaign-state.ts';
import { evolve, withLiveNumbers } from '../../shared/campaign/evolve.ts';
import type {
  BookEntry,
  BookPage,
  Campaign,
  LedgerEntry,
  Market,
  Quarantined,
  SupplyDay,
} from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import { refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import { oversold, type Wanting } from '../../emulators/supply-fit.ts';

export interface MarketPicture {
  market: Market;
  pages: BookPage[];
  supply: SupplyDay[];
  plan: PlanWire | undefined;
}

/** What is stored at one instant. */
export interface Picture {
  campaigns: Campaign[];
  markets: MarketPicture[];
}

/** What was published so far and what became of it. */
export interface History {
  /** How often each ledger entry was created, by its document's path. */
  created: ReadonlyMap<string, number>;
  /** Paths of ledger entries that were written again after they had said their last word. */
  rewritten: readonly string[];
  /** Paths of the ledger entries that events were answered with. */
  answered: readonly string[];
  /** Every ledger entry as it is now, in the order of their creation. */
  ledger: readonly LedgerEntry[];
  /** All outcomes in the order in which they were committed. */
  outcomes: readonly Outcome[];
  reports: readonly DeliveryReported[];
  quarantined: readonly Quarantined[];
}

/** Reads a picture of these campaigns and markets. */
export async function takePicture(
  store: AllocationStore,
  {
    campaignIds,
    markets,
    days,
  }: { campaignIds: readonly string[]; markets: readonly string[]; days: readonly string[] },
): Promise<Picture> {
  const campaigns = await store.read<readonly Ref<'campaign'>[]>(campaignIds.map((id) => refs.campaign('t1', id)));
  const pictures = await Promise.all(
    markets.map(async (name): Promise<MarketPicture[]> => {
      const [market, plan] = await store.read([refs.market(name), refs.plan(name)]);
      if (!market) return [];
      const pages = await store.read<readonly Ref<'page'>[]>(market.pages.map(({ page }) => refs.page(name, page)));
      const supply = await store.read<readonly Ref<'supply'>[]>(days.map((day) => refs.supply(name, day)));
      return [
        { market, pages: present(pages), supply: present(supply), plan: plan && (JSON.parse(plan.body) as PlanWire) },
      ];
    }),
  );
  return { campaigns: present(campaigns), markets: pictures.flat() };
}

function present<T>(found: readonly (T | undefined)[]): T[] {
  return found.filter((one) => one !== undefined);
}

type Money = Pick<BookEntry, 'spentMicros' | 'cohorts' | 'leases'>;

/** What groups may still spend. */
function openOf({ leases }: Pick<BookEntry, 'leases'>): number {
  let open = 0;
  for (const lease of leases) {
    const left = lease.grantedMicros - lease.returnedMicros - lease.chargedMicros;
    if (left > 0) open += left;
  }
  return open;
}

function accruedOf({ spentMicros, cohorts }: Money): number {
  let accrued = spentMicros;
  for (const { chargedMicros, confirmedMicros } of cohorts)
    if (chargedMicros > confirmedMicros) accrued += chargedMicros - confirmedMicros;
  return accrued;
}

function entriesOf(picture: Picture): BookEntry[] {
  return picture.markets.flatMap(({ pages }) => pages.flatMap(({ entries }) => entries));
}

function nameOf({ campaignId, subcampaignId }: { campaignId: string; subcampaignId: string }): string {
  return `${campaignId}/${subcampaignId}`;
}

/** 1: spent + in flight + leased <= budget, at every instant, as long as groups stay inside their leases. */
export function commitmentsFit(picture: Picture): string[] {
  return entriesOf(picture).flatMap((entry) => {
    const committed = accruedOf(entry) + openOf(entry);
    return committed <= entry.budgetMicros
      ? []
      : [`${nameOf(entry)} has ${committed} committed of ${entry.budgetMicros}`];
  });
}

/** 1, whatever was reported: where a group was granted more than it had or had charged, all that is committed fits. */
export function grantsFit(before: Picture, after: Picture): string[] {
  const old = new Map(entriesOf(before).map((entry) => [nameOf(entry), entry]));
  return entriesOf(after).flatMap((entry) => {
    const isGranted = entry.leases.some((lease) => {
      const had = old.get(nameOf(entry))?.leases.find(({ group }) => group === lease.group)?.grantedMicros ?? 0;
      return lease.grantedMicros > Math.max(had, lease.chargedMicros + lease.returnedMicros);
    });
    const committed = accruedOf(entry) + openOf(entry);
    return !isGranted || committed <= entry.budgetMicros
      ? []
      : [`${nameOf(entry)} was granted more, and has ${committed} committed of ${entry.budgetMicros}`];
  });
}

/** A lease is never charged and returned beyond its grant, nor shrinks. */
export function leasesAddUp(before: Picture, after: Picture): string[] {
  const old = new Map(entriesOf(before).map((entry) => [nameOf(entry), entry]));
  return entriesOf(after).flatMap((entry) =>
    entry.leases.flatMap((lease) => {
      const { group, grantedMicros, chargedMicros, returnedMicros } = lease;
      const had = old.get(nameOf(entry))?.leases.find((one) => one.group === group);
      const shrank =
        had &&
        (grantedMicros < had.grantedMicros || chargedMicros < had.chargedMicros || returnedMicros < had.returnedMicros);
      const at = `${nameOf(entry)}, lease of ${group}`;
      return [
        ...(chargedMicros + returnedMicros > grantedMicros ? [`${at}: more charged and returned than granted`] : []),
        ...(shrank ? [`${at}: a cumulative amount fell`] : []),
      ];
    }),
  );
}

/** 1: the parts' budgets and the escrow are the campaign's budget, to the micro; a live budget only falls, to its share at most. */
export function splitsAddUp(picture: Picture): string[] {
  const entries = new Map(entriesOf(picture).map((entry) => [nameOf(entry), entry]));
  return picture.campaigns.flatMap(({ campaignId, budgetMicros, escrowMicros, requestedMicros, subcampaigns }) => {
    const found: string[] = [];
    let sum = escrowMicros;
    let owed = escrowMicros;
    for (const sub of subcampaigns) {
      sum += sub.budgetMicros;
      owed += sub.shareMicros ?? sub.budgetMicros;
      const live = entries.get(nameOf({ campaignId, subcampaignId: sub.subcampaignId }));
      const lowest = sub.shareMicros ?? sub.budgetMicros;
      if (sub.status === 'ended' ? live : !live)
        found.push(`${campaignId}/${sub.subcampaignId} is ${sub.status}, its entry says otherwise`);
      if (live && (live.budgetMicros > sub.budgetMicros || live.budgetMicros < lowest))
        found.push(
          `${nameOf(live)} has a live budget of ${live.budgetMicros}, stored are ${lowest} to ${sub.budgetMicros}`,
        );
    }
    if (sum !== budgetMicros) found.push(`${campaignId}: parts and escrow are ${sum}, the budget is ${budgetMicros}`);
    // A part that has ended keeps what it was billed, however little was asked for since.
    if (owed > requestedMicros && subcampaigns.every(({ status }) => status !== 'ended'))
      found.push(`${campaignId}: shares are ${owed}, ${requestedMicros} was asked for`);
    return found;
  });
}

/** 1: what is billed fits the budget of every part and of the campaign, and is what was confirmed where that fits. */
export function billsFit(picture: Picture, { outcomes }: History): string[] {
  const entries = new Map(entriesOf(picture).map((entry) => [nameOf(entry), entry]));
  const bills = outcomes.flatMap((outcome) => {
    if (outcome.type !== 'subcampaign-ended') return [];
    const right = Math.min(outcome.spentMicros, outcome.budgetMicros);
    return outcome.billedMicros === right ? [] : [`${nameOf(outcome)} is billed ${outcome.billedMicros}, not ${right}`];
  });
  const sums = picture.campaigns.flatMap(({ campaignId, budgetMicros, subcampaigns }) => {
    let billed = 0;
    for (const sub of subcampaigns) {
      const live = entries.get(nameOf({ campaignId, subcampaignId: sub.subcampaignId })) ?? sub;
      billed += Math.min(live.spentMicros, live.budgetMicros);
    }
    return billed <= budgetMicros ? [] : [`${campaignId} is billed ${billed} of ${budgetMicros}`];
  });
  return [...bills, ...sums];
}

/** 1: a campaign that has ended has one final account, of which bill and refund are its budget to the micro; no other has one. */
export function finalsAddUp(picture: Picture, { outcomes }: History): string[] {
  return picture.campaigns.flatMap(({ campaignId, status, budgetMicros, subcampaigns }) => {
    const own = outcomes.filter((outcome) => 'campaignId' in outcome && outcome.campaignId === campaignId);
    const finals = own.filter((outcome) => outcome.type === 'campaign-final');
    const refunds = own.filter((outcome) => outcome.type === 'campaign-refunded');
    const times = (type: Outcome['type']) => own.filter((outcome) => outcome.type === type).length;
    const found: string[] = [];
    if (finals.length !== (status === 'ended' ? 1 : 0))
      found.push(`${campaignId} is ${status}, final ${finals.length} times`);
    for (const type of ['campaign-settling', 'make-good-offered'] as const)
      if (times(type) > 1) found.push(`${campaignId}: ${type} ${times(type)} times`);
    let billed = 0;
    for (const sub of subcampaigns) billed += Math.min(sub.spentMicros, sub.budgetMicros);
    for (const final of finals) {
      if (final.billedMicros !== billed || final.billedMicros + final.refundMicros !== budgetMicros)
        found.push(
          `${campaignId}: ${final.billedMicros} billed and ${final.refundMicros} refunded, ${billed} of ${budgetMicros} are due`,
        );
      const refunded = refunds.map(({ refundMicros }) => refundMicros).join();
      if (refunded !== (final.refundMicros > 0 ? String(final.refundMicros) : ''))
        found.push(`${campaignId}: refunds of ${refunded || 'nothing'}, ${final.refundMicros} are due`);
    }
    return found;
  });
}

/** 2: no decision sells more than fits the lower quartile of supply beside all that was sold; what time has made short is not sold on. */
export function demandFits(before: Picture, after: Picture, nowMs: number): string[] {
  return after.markets.flatMap((picture) => {
    const old = before.markets.find(({ market }) => market.market === picture.market.market);
    const wrong = oversold(old ? wantedOf(old) : [], wantedOf(picture), picture.supply, nowMs);
    return wrong === undefined ? [] : [`${picture.market.market}: ${wrong}`];
  });
}

/** What has still to be served, line by line, and what is firmly held. */
function wantedOf({ pages }: MarketPicture): Wanting[] {
  return pages.flatMap(({ entries, holds = [] }) => [
    ...entries.flatMap((entry) =>
      entry.status === 'closing' || entry.status === 'settling'
        ? []
        : {
            ...entry,
            key: nameOf(entry),
            priceMicros: entry.clickPriceMicros,
            remainingMicros: Math.max(openOf(entry), entry.budgetMicros - accruedOf(entry)),
          },
    ),
    ...holds.flatMap((hold) =>
      hold.probability !== undefined || hold.isAuctioned
        ? []
        : {
            ...hold,
            key: nameOf(hold),
            priceMicros: hold.clickPriceMicros,
            remainingMicros: hold.budgetMicros,
          },
    ),
  ]);
}

/** 3 and 4: each event has one ledger entry, created once, whose last word stands. */
export function tracesAreOne({ created, rewritten, answered }: History): string[] {
  return [
    ...rewritten.map((path) => `${path} was decided again`),
    ...[...created].flatMap(([path, times]) => (times === 1 ? [] : [`${path} was created ${times} times`])),
    ...answered.flatMap((path) => (created.has(path) ? [] : [`${path} was acknowledged without a trace`])),
  ];
}

/** 3: the outcomes, folded in the order of their commits, are the stored campaigns with their live numbers. */
export function outcomesFold(picture: Picture, { outcomes }: History): string[] {
  const entries = entriesOf(picture);
  return picture.campaigns.flatMap((campaign) => {
    const { tenantId, campaignId } = campaign;
    const folded = outcomes.reduce(evolve, expectedCampaign(tenantId, campaignId));
    return isDeepStrictEqual(folded, withLiveNumbers(campaign, entries))
      ? []
      : [`${campaignId} is not what its outcomes add up to`];
  });
}

/** 5: no cell is given away more than once, and only to live lines and inside leases that the book knows. */
export function plansFit(picture: Picture): string[] {
  return picture.markets.flatMap(({ market, pages, supply, plan }) => {
    if (plan?.planVersion !== market.planVersion)
      return plan || market.planVersion > 0 ? [`${market.market} has another plan`] : [];
    const found: string[] = [];
    for (const { segment, surface } of supply.flatMap(({ cells }) => cells)) {
      let fallback = 0;
      for (const line of plan.lines) {
        if (line.segments.includes(segment) && line.surfaces.includes(surface)) fallback += line.fallbackShare;
      }
      if (fallback > 1) found.push(`${market.market} gives ${fallback} of ${segment} on ${surface}`);
    }
    const entries = new Map(pages.flatMap((page) => page.entries.map((entry) => [nameOf(entry), entry])));
    for (const line of plan.lines) {
      for (const { group, grantedMicros } of line.leases) {
        const held = entries.get(nameOf(line))?.leases.find((lease) => lease.group === group);
        // A lease of an entry that has ended since is nobody's money any more.
        if (entries.has(nameOf(line)) && !(held && held.grantedMicros >= grantedMicros))
          found.push(`${nameOf(line)}: the plan grants ${group} ${grantedMicros}, the book does not`);
      }
    }
    return found;
  });
}

/** 6: every reported line is counted or kept in quarantine, and what is counted is what the books hold. */
export function deliveriesCount(picture: Picture, { reports, ledger, outcomes, quarantined }: History): string[] {
  const sums = { reported: 0, counted: 0, stray: 0, held: 0 };
  const isFolded = new Set(
    ledger.flatMap(({ eventId, result }) => (result === 'folded' || result === 'quarantined' ? [eventId] : [])),
  );
  for (const { eventId, data } of reports) if (isFolded.has(eventId)) sums.reported += impressionsOf(data.lines);
  for (const outcome of outcomes) if (outcome.type === 'delivery-folded') sums.counted += impressionsOf(outcome.lines);
  for (const { body } of quarantined)
    sums.stray += impressionsOf((JSON.parse(body) as { data: { lines: { impressions: number }[] } }).data.lines);
  const ended = picture.campaigns.flatMap(({ subcampaigns }) =>
    subcampaigns.filter(({ status }) => status === 'ended'),
  );
  sums.held = impressionsOf([...entriesOf(picture), ...ended]);
  return [
    ...(sums.reported === sums.counted + sums.stray
      ? []
      : [`${sums.reported} impressions were reported, ${sums.counted} counted, ${sums.stray} quarantined`]),
    ...(sums.held === sums.counted ? [] : [`the books hold ${sums.held} impressions of ${sums.counted}`]),
  ];
}

function impressionsOf(lines: readonly { impressions: number }[]): number {
  return lines.reduce((sum, { impressions }) => sum + impressions, 0);
}
