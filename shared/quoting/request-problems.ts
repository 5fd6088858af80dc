// Why a request could not be booked as it is: the reasons a booking would give.
import type { QuoteAnswer } from '../contracts/quotes.ts';
import { reachable } from '../campaign/limits.ts';
import type { PreparedRequest } from './prepared-request.ts';

export type Problem = NonNullable<QuoteAnswer['problems']>[number];

export interface Asked {
  budgetMicros: number;
  nowMs: number;
  /** Of a goal: what its search came to. */
  found: { isReached: boolean; reaches: number } | undefined;
}

export function requestProblems(prepared: PreparedRequest, { budgetMicros, nowMs, found }: Asked): Problem[] {
  const { request, parts, exact, bookableMicros } = prepared;
  if (request.endAtMs <= nowMs)
    return [{ code: 'FLIGHT_ENDED', reason: 'the flight is over before it begins: choose a later end' }];
  const unknown = parts.find(
    ({ market, flight }) => !market?.supply.known.slice(flight.first, flight.last + 1).some((day) => day),
  );
  if (unknown)
    return [{ code: 'SUPPLY_UNKNOWN', reason: `market ${unknown.asked.market} has no forecast for this flight` }];
  const problems: Problem[] = [];
  const fit = exact
    ? exact.fit(budgetMicros).fit
    : reachable(
        budgetMicros,
        parts.map((part, which) => ({ ...part, reachMicros: prepared.reachMicros[which] as number })),
      );
  if (fit.kind === 'floors') problems.push({ code: fit.code, reason: fit.reason });
  if (fit.kind === 'short')
    problems.push({ code: 'SUPPLY_SHORT', reason: `supply is there for ${fit.reachMicros} of ${budgetMicros} micros` });
  if (found && !found.isReached && request.goal) {
    const { kind, amount } = request.goal;
    problems.push({
      code: 'SUPPLY_SHORT',
      reason: `supply is there for ${Math.floor(found.reaches)} of ${amount} ${kind}`,
    });
  }
  if (problems.length === 0 && bookableMicros === 0)
    problems.push({ code: 'SUPPLY_SHORT', reason: 'there is no supply left for this audience and flight' });
  return problems;
}
