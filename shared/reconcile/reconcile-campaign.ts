// Ledger = state = BigQuery for one campaign: its rows folded, against what is stored and live.
import { billedMicros } from '../campaign/entry-money.ts';
import { withLiveNumbers } from '../campaign/evolve.ts';
import type { BookEntry, Campaign } from '../contracts/documents.ts';
import type { OutcomeReader, RecordedOutcome } from '../outcomes/outcome-reader.ts';
import { refs } from '../store/allocation-store.ts';
import { canonicalJson } from '../store/ledger-key.ts';
import { readEntries } from '../store/read-entries.ts';
import { checkGrants, firstDayOf } from './check-grants.ts';
import { checkLedger } from './check-ledger.ts';
import { compareBudget } from './compare-budget.ts';
import { compare, type Difference, type ReconcileDeps } from './difference.ts';
import { foldRows, type PacedIn } from './fold-rows.ts';

/** The differences of one campaign, or undefined when neither side knows it. */
export async function reconcileCampaign(
  of: { tenantId: string; campaignId: string },
  { store, reader, nowMs }: ReconcileDeps,
): Promise<Difference[] | undefined> {
  const name = `${of.tenantId}/${of.campaignId}`;
  const rows = await reader.campaignOutcomes(of.tenantId, of.campaignId);
  const [stored] = await store.read([refs.campaign(of.tenantId, of.campaignId)]);
  const differences = [
    ...checkOnce(name, rows),
    ...(await checkLedger(store, rows, {
      nowMs,
      isOurs: (outcome) =>
        'campaignId' in outcome && outcome.tenantId === of.tenantId && outcome.campaignId === of.campaignId,
    })),
  ];
  if (!stored) {
    // A refused campaign leaves rows and no document.
    const isKnown = rows.some(({ outcome }) => outcome.type === 'campaign-accepted');
    if (isKnown) differences.push({ code: 'STATE_DIFFERS', where: name, expected: 'a stored campaign', found: 'none' });
    return rows.length === 0 ? undefined : differences;
  }
  const entries = await readEntries(store, stored);
  const paced = await readPaced(reader, stored);
  const folds = foldRows(
    of,
    rows.map(({ outcome }) => outcome),
    paced,
  );
  differences.push(
    ...checkEntries(name, stored, entries),
    ...checkState(name, withLiveNumbers(stored, entries), folds),
    ...checkMoney(name, stored, entries),
    ...checkEnds(name, rows),
  );
  for (const market of marketsOf(stored)) {
    differences.push(
      ...(await checkGrants(reader, { market, fromDay: firstDay(stored), campaignId: stored.campaignId })),
    );
  }
  return differences;
}

function marketsOf(campaign: Campaign): string[] {
  return [...new Set(campaign.subcampaigns.map(({ market }) => market))];
}

function firstDay({ terms }: Campaign): string {
  return firstDayOf(terms ? [terms] : []);
}

async function readPaced(reader: OutcomeReader, campaign: Campaign): Promise<PacedIn[]> {
  const { campaignId } = campaign;
  const paced: PacedIn[] = [];
  for (const market of marketsOf(campaign)) {
    paced.push({ market, lines: await reader.latestPaced({ market, fromDay: firstDay(campaign), campaignId }) });
  }
  return paced;
}

function checkOnce(name: string, rows: readonly RecordedOutcome[]): Difference[] {
  return compare('ROW_TWICE', `${name} outcomes_once`, {
    expected: new Set(rows.map(({ rowId }) => rowId)).size,
    found: rows.length,
  });
}

/** Every live subcampaign has its entry, with the budget of the campaign. */
function checkEntries(name: string, campaign: Campaign, entries: readonly BookEntry[]): Difference[] {
  return campaign.subcampaigns.flatMap((sub): Difference[] => {
    if (sub.status === 'ended') return [];
    const where = `${name} ${sub.subcampaignId}`;
    const entry = entries.find(({ subcampaignId }) => subcampaignId === sub.subcampaignId);
    if (!entry)
      return [{ code: 'ENTRY_MISSING', where, expected: `an entry in ${sub.market}/${sub.page}`, found: 'none' }];
    return compareBudget(where, sub, entry);
  });
}

/** Its budget is not among them: it is the sum of the parts', which are compared, and each may be of another order. */
const campaignFields = [
  'status',
  'budgetVersion',
  'statusVersion',
  'splitVersion',
  'requestedMicros',
  'escrowMicros',
] as const;

/** Field by field: either order of rows may be the one that happened. */
function checkState(name: string, live: Campaign, folds: readonly Campaign[]): Difference[] {
  const differ = (where: string, found: unknown, candidates: readonly unknown[]): Difference[] =>
    candidates.some((candidate) => spell(candidate) === spell(found))
      ? []
      : [
          {
            code: 'STATE_DIFFERS',
            where,
            expected: [...new Set(candidates.map(spell))].join(' or '),
            found: spell(found),
          },
        ];
  const fields = ['terms', 'waitingBudget', 'waitingStatus', ...campaignFields] as const;
  const differences = fields.flatMap((field) =>
    differ(
      `${name} ${field}`,
      live[field],
      folds.map((fold) => fold[field]),
    ),
  );
  const ids = new Set(
    [live, ...folds].flatMap(({ subcampaigns }) => subcampaigns.map(({ subcampaignId }) => subcampaignId)),
  );
  for (const id of ids) {
    const find = (campaign: Campaign) =>
      campaign.subcampaigns.find(({ subcampaignId }) => subcampaignId === id) as Record<string, unknown> | undefined;
    const found = find(live) ?? {};
    const told = folds.map((fold) => find(fold) ?? {});
    for (const field of new Set([found, ...told].flatMap((sub) => Object.keys(sub)))) {
      differences.push(
        ...differ(
          `${name} ${id} ${field}`,
          found[field],
          told.map((sub) => sub[field]),
        ),
      );
    }
  }
  return differences;
}

/** A value as text: two are equal when their texts are. */
function spell(value: unknown): string {
  return typeof value === 'string' ? value : (canonicalJson(value) ?? 'nothing');
}

/** Invariant 1 as far as it stands in the documents. */
function checkMoney(name: string, campaign: Campaign, entries: readonly BookEntry[]): Difference[] {
  const assigned = campaign.subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, campaign.escrowMicros);
  return [
    ...compare('SPLIT_DIFFERS', `${name} subcampaigns and escrow`, {
      expected: campaign.budgetMicros,
      found: assigned,
    }),
    ...[...campaign.subcampaigns, ...entries].flatMap((part): Difference[] => {
      if (billedMicros(part) <= part.budgetMicros) return [];
      return [
        {
          code: 'BILLED_ABOVE_BUDGET',
          where: `${name} ${part.subcampaignId}`,
          expected: `at most ${part.budgetMicros}`,
          found: String(billedMicros(part)),
        },
      ];
    }),
  ];
}

/** What was billed in the end is what was spent, and never more than the budget. */
function checkEnds(name: string, rows: readonly RecordedOutcome[]): Difference[] {
  return rows.flatMap(({ outcome }): Difference[] => {
    if (outcome.type !== 'subcampaign-ended') return [];
    const where = `${name} ${outcome.subcampaignId} billedMicros`;
    return compare('BILLED_ABOVE_BUDGET', where, { expected: billedMicros(outcome), found: outcome.billedMicros });
  });
}
