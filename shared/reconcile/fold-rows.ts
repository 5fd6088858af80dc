// A campaign's outcomes from BigQuery, folded into the campaign that they make. Rows carry no order of commits: what
// orders is versions and slots. Where two registers meet there are two possible orders, and both are folded.
import { expectedCampaign } from '../campaign/campaign-state.ts';
import { evolve } from '../campaign/evolve.ts';
import type { Campaign } from '../contracts/documents.ts';
import type { MarketPaced, Outcome } from '../contracts/outcomes.ts';
import type { PacedLine } from '../outcomes/outcome-reader.ts';

/** Latest paced lines with the market they were paced in. */
export interface PacedIn {
  market: string;
  lines: readonly PacedLine[];
}

/** The campaign as its rows tell it: once with ticks after the owner's changes, once before them. */
export function foldRows(
  of: { tenantId: string; campaignId: string },
  outcomes: readonly Outcome[],
  paced: readonly PacedIn[],
): [Campaign, Campaign] {
  const own = outcomes
    .map((outcome) => ({ outcome, ...placeOf(outcome) }))
    .sort((a, b) => a.rank - b.rank || a.version - b.version || a.split - b.split);
  const at = (...ranks: number[]) => own.filter(({ rank }) => ranks.includes(rank)).map(({ outcome }) => outcome);
  const ticks = paced.flatMap(({ market, lines }) =>
    [...lines].sort(bySlotAndPiece).map((line) => toOutcome(market, line)),
  );
  const begin = expectedCampaign(of.tenantId, of.campaignId);
  return [
    [...at(WAITING, ACCEPTED), ...at(CHANGED), ...ticks, ...at(ENDED)].reduce(evolve, begin),
    [...at(WAITING, ACCEPTED), ...ticks, ...at(ENDED), ...at(CHANGED)].reduce(evolve, begin),
  ];
}

const WAITING = 0;
const ACCEPTED = 1;
const CHANGED = 2;
const ENDED = 3;

/** A rebalance keeps the budget's version and raises the split's. */
function placeOf(outcome: Outcome): { rank: number; version: number; split: number } {
  const split = outcome.type === 'budget-applied' ? outcome.splitVersion : 0;
  switch (outcome.type) {
    case 'change-waiting':
      return { rank: WAITING, version: outcome.version, split };
    case 'campaign-accepted':
      return { rank: ACCEPTED, version: 0, split };
    case 'budget-applied':
    case 'budget-refused':
      return { rank: CHANGED, version: outcome.budgetVersion, split };
    case 'status-applied':
    case 'status-refused':
      return { rank: CHANGED, version: outcome.statusVersion, split };
    default:
      return { rank: ENDED, version: 0, split };
  }
}

/** The pieces of a slot by their number, then the slot's own row. */
function bySlotAndPiece(a: PacedLine, b: PacedLine): number {
  const pieceOf = ({ eventId }: PacedLine) => Number(/^tick:[^:]+:\d+:(\d+)$/.exec(eventId)?.[1] ?? Infinity);
  const [first, second] = [pieceOf(a), pieceOf(b)];
  return a.slot - b.slot || (first === second ? 0 : first - second);
}

function toOutcome(market: string, { rowId: _row, eventId: _event, slot, ...line }: PacedLine): MarketPaced {
  return { type: 'market-paced', tenantId: '', market, page: '', slot, subcampaigns: [line] };
}
