// From the bytes of a published plan to the plan, for whoever decides by it.
import { decodeInstants, InvalidInstant } from '../contracts/instants.ts';
import type { Plan, PlanWire } from '../contracts/plan.ts';
import * as validators from '../contracts/validators.generated.js';
import { AndanteError } from '../runtime/errors.ts';
import { sha256 } from './ledger-key.ts';

/** A plan and what its bytes hash to: the name that replays ask for it by. */
export interface OpenPlan {
  plan: Plan;
  hash: string;
}

/**
 * @param body the JSON that ad servers get
 * @param where what a message calls it
 * @throws AndanteError STORED_DOCUMENT_INVALID what is no plan of this version
 */
export function openPlan(body: string, where: string): OpenPlan {
  try {
    const wire = JSON.parse(body) as PlanWire;
    if (validators.plan(wire)) return { plan: decodeInstants(wire), hash: sha256(body) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof InvalidInstant)) throw error;
    throw new AndanteError('STORED_DOCUMENT_INVALID', `${where}: ${error.message}`, { cause: error });
  }
  const [error] = validators.plan.errors ?? [];
  throw new AndanteError(
    'STORED_DOCUMENT_INVALID',
    `${where}${error?.instancePath ?? ''} ${error?.message ?? 'is invalid'}`,
  );
}
