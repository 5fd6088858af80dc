// The invariants of the architecture, checked from outside after a played day: what is stored against what the world
// itself counted. Shares no code with the core.
import type { Campaign } from '../shared/contracts/documents.ts';
import type { DayReadings } from './day-readings.ts';
import { oversold, type Wanting } from './supply-fit.ts';
import type { PlayResult } from './world-stack.ts';

/** Everything that did not hold, a sentence each. */
export function dayViolations(readings: DayReadings, play: PlayResult): string[] {
  return [
    ...readings.campaigns.flatMap((campaign) => moneyViolations(campaign, readings.billed, play)),
    ...readings.campaigns.flatMap((campaign) => accountViolations(campaign, readings)),
    ...oversoldMarkets(readings.campaigns, readings.supply),
    ...traceViolations(readings, play),
    ...bookingViolations(readings.campaigns, play),
    ...shownViolations(readings),
    ...rowViolations(readings),
    ...play.overfullPlans.map((plan) => `5: plan ${plan} allocates more than a cell has`),
    ...deliveryViolations(readings, play),
  ];
}

function moneyViolations(campaign: Campaign, billed: DayReadings['billed'], play: PlayResult): string[] {
  const { campaignId, budgetMicros, escrowMicros, subcampaigns } = campaign;
  const split = subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, escrowMicros);
  return [
    ...(split === budgetMicros
      ? []
      : [`1: ${campaignId}: subcampaigns and escrow add up to ${split}, the budget is ${budgetMicros}`]),
    ...subcampaigns.flatMap((sub) => {
      const own = billed.filter((row) => row.campaignId === campaignId && row.subcampaignId === sub.subcampaignId);
      const counted = play.subcampaigns.find(
        (count) => count.campaignId === campaignId && count.subcampaignId === sub.subcampaignId,
      );
      const due = Math.min(counted?.clickMicros ?? 0, sub.budgetMicros);
      if (own.length === 1 && own[0]?.billedMicros === due) return [];
      const found = own.map((row) => row.billedMicros).join(' and ') || 'nothing';
      return [
        `1: ${sub.subcampaignId}: clicks for ${counted?.clickMicros ?? 0} in a budget of ${sub.budgetMicros} are ${due}, billed was ${found}`,
      ];
    }),
    ...subcampaigns
      .filter((sub) => sub.status !== 'ended' || sub.leasedMicros > 0 || sub.inFlightMicros > 0)
      .map(
        (sub) =>
          `1: ${sub.subcampaignId} is ${sub.status} with ${sub.leasedMicros} leased and ${sub.inFlightMicros} in flight after everything is over`,
      ),
  ];
}

/** An ended campaign has one account, in which what was billed and what goes back are its budget. */
function accountViolations({ campaignId, status, budgetMicros }: Campaign, { finals, billed }: DayReadings): string[] {
  if (status !== 'ended') return [];
  const own = finals.filter((row) => row.campaignId === campaignId);
  const [account] = own;
  if (!account || own.length > 1) return [`1: ${campaignId}: ended with ${own.length} accounts`];
  const due = billed.reduce((sum, row) => sum + (row.campaignId === campaignId ? row.billedMicros : 0), 0);
  const isRight = account.billedMicros === due && account.billedMicros + account.refundMicros === budgetMicros;
  if (isRight) return [];
  return [
    `1: ${campaignId}: ${account.billedMicros} billed and ${account.refundMicros} refunded of ${budgetMicros}, its parts were billed ${due}`,
  ];
}

/** What forecasts and rounding may be off by. */
const SLACK = 1.02;

/** Every market's guaranteed budgets must fit the lower quartile of supply together, each in the cells of its audience and flight. */
function oversoldMarkets(campaigns: readonly Campaign[], known: DayReadings['supply']): string[] {
  return [...known].flatMap(([market, ofMarket]) => {
    // What was spent before a change cannot be told apart any more: cancelled and cut budgets count as they ended.
    const wanting = campaigns.flatMap(({ campaignId, terms, subcampaigns }) =>
      subcampaigns.flatMap((sub): Wanting[] =>
        terms && sub.market === market && !sub.isAuctioned
          ? [
              {
                ...sub,
                ...terms,
                key: `${campaignId}/${sub.subcampaignId}`,
                priceMicros: sub.clickPriceMicros,
                remainingMicros: sub.budgetMicros / SLACK,
              },
            ]
          : [],
      ),
    );
    const startAtMs = Math.min(...wanting.map((line) => line.startAtMs));
    const days = new Set(wanting.flatMap(daysOfFlight));
    const supply = ofMarket.filter(({ day }) => days.has(day));
    const wrong = wanting.length > 0 ? oversold([], wanting, supply, startAtMs) : undefined;
    return wrong === undefined ? [] : [`2: ${market}: ${wrong}`];
  });
}

function daysOfFlight({ startAtMs, endAtMs }: { startAtMs: number; endAtMs: number }): string[] {
  const days: string[] = [];
  for (let atMs = Math.floor(startAtMs / 86_400_000) * 86_400_000; atMs < endAtMs; atMs += 86_400_000)
    days.push(new Date(atMs).toISOString().slice(0, 10));
  return days;
}

function traceViolations({ ledger, quarantined }: DayReadings, play: PlayResult): string[] {
  const applied = new Set(ledger.map((line) => `${line.tenantId} ${line.eventId}`));
  const refused = new Set(quarantined.map((document) => document.eventId));
  const untraced = play.published.filter(
    (event) => !(event.isMalformed ? refused.has(event.eventId) : applied.has(`${event.tenantId} ${event.eventId}`)),
  );
  const conflicts = play.published.filter((event) => event.conflicts > 0 && !refused.has(event.eventId));
  const waiting = ledger.filter((line) => line.waitingFor !== undefined);
  const reports = ledger.filter(
    (line) => line.eventType === 'andante.delivery-reported.v1' && !line.eventId.startsWith('stray:'),
  );
  return [
    ...untraced.map((event) => `4: event ${event.eventId} left no trace`),
    ...conflicts.map((event) => `3: the conflicting payload of ${event.eventId} was not quarantined`),
    ...waiting.map((line) => `4: report ${line.eventId} still waits for ${line.waitingFor ?? ''}`),
    ...(reports.length === play.reports
      ? []
      : [`4: ${play.reports} reports were accepted, the ledger has ${reports.length}`]),
  ];
}

/** What was confirmed is a campaign, what was refused or let go of is none, and a call that comes again changes nothing. */
function bookingViolations(campaigns: readonly Campaign[], play: PlayResult): string[] {
  const created = new Set(
    campaigns
      .filter(({ status }) => status !== 'expected')
      .map(({ tenantId, campaignId }) => `${tenantId} ${campaignId}`),
  );
  return play.booked.flatMap(({ key, tenantId, answer, repeated }) => {
    const lines = answer.lines ?? [];
    const wrong = lines.filter(({ campaignId, result }) => {
      const isBooked = answer.status === 'confirmed' && result !== 'refused';
      return created.has(`${tenantId} ${campaignId}`) !== isBooked;
    });
    const isSame = repeated === undefined || JSON.stringify(repeated.lines) === JSON.stringify(answer.lines);
    return [
      ...(answer.status === 'staging' ? [`4: booking ${key} was never decided`] : []),
      ...wrong.map(
        ({ campaignId, result }) =>
          `4: ${campaignId}: ${result} in ${answer.status} booking ${key}, its campaign says otherwise`,
      ),
      ...(isSame ? [] : [`3: booking ${key} came to something else when it was sent again`]),
    ];
  });
}

/** What owners read of their campaigns is what is stored. */
function shownViolations({ campaigns, billed, shown }: DayReadings): string[] {
  return campaigns.flatMap(({ campaignId, status, budgetMicros, subcampaigns }) => {
    const answer = shown.get(campaignId);
    if (!answer) return [];
    const spentMicros = subcampaigns.reduce((sum, sub) => sum + sub.spentMicros, 0);
    const clicks = subcampaigns.reduce((sum, sub) => sum + sub.clicks, 0);
    const billedMicros = billed.reduce((sum, row) => sum + (row.campaignId === campaignId ? row.billedMicros : 0), 0);
    const stored = { status, budgetMicros, spentMicros, clicks, billedMicros };
    return (Object.keys(stored) as (keyof typeof stored)[])
      .filter((name) => answer[name] !== stored[name])
      .map((name) => `4: ${campaignId}: ${name} is ${stored[name]}, its owner reads ${answer[name]}`);
  });
}

function rowViolations({ ledger, rows }: DayReadings): string[] {
  const owed = ledger.reduce((sum, line) => sum + line.outcomeCount, 0);
  const shown = rows.reduce((sum, row) => sum + row.inView, 0);
  const undrained = ledger.filter((line) => line.undrained === true).length;
  return [
    ...(undrained === 0 ? [] : [`3: ${undrained} ledger entries still owe their rows`]),
    ...(shown === owed ? [] : [`3: the ledger has ${owed} outcomes, the views show ${shown}`]),
    ...rows
      .filter((row) => row.distinct !== row.inView)
      .map((row) => `3: ${row.table} has ${row.distinct} row ids, its view ${row.inView} rows`),
  ];
}

/** What ad servers counted against what the campaigns and their rows say: nothing dropped, nothing counted twice. */
function deliveryViolations({ campaigns, reached }: DayReadings, play: PlayResult): string[] {
  const counted = new Map(play.subcampaigns.map((count) => [`${count.campaignId}/${count.subcampaignId}`, count]));
  return campaigns.flatMap(({ campaignId, subcampaigns }) =>
    subcampaigns.flatMap((sub) => {
      const key = `${campaignId}/${sub.subcampaignId}`;
      const world = counted.get(key) ?? { impressions: 0, clicks: 0, conversions: 0, reached: 0 };
      const own = { ...sub, reached: reached.get(key) ?? 0 };
      return (['impressions', 'clicks', 'conversions', 'reached'] as const)
        .filter((number) => world[number] !== own[number])
        .map(
          (number) =>
            `6: ${sub.subcampaignId}: ad servers counted ${world[number]} ${number}, the campaign has ${own[number]}`,
        );
    }),
  );
}
