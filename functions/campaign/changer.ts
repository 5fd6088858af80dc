// A change of a campaign: decided at once as the event functions decide it, in the same sentence, or previewed.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import type { Displaced, Preview } from '../../shared/campaign/preview-change.ts';
import type {
  BudgetChangeWire,
  ChangeAnswer,
  PreviewAnswer,
  StatusChangeWire,
} from '../../shared/contracts/campaign-api.ts';
import { decodeBody } from '../../shared/contracts/decode-body.ts';
import type { Campaign } from '../../shared/contracts/documents.ts';
import type { BudgetChanged, CampaignStatusChanged } from '../../shared/contracts/events.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { CampaignOutcome, Outcome } from '../../shared/contracts/outcomes.ts';
import { budgetChange, statusChange } from '../../shared/contracts/validators.generated.js';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import { describeAs, endWith } from '../../shared/runtime/handling.ts';
import type { RequestTime } from '../../shared/runtime/request-time.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { ledgerId } from '../../shared/store/ledger-key.ts';
import type { Snapshot } from '../../shared/store/market-views.ts';
import {
  persistCampaignEvent,
  type DecideCampaign,
  type Persisted,
} from '../../shared/store/persist-campaign-event.ts';
import { previewCampaignEvent } from '../../shared/store/preview-campaign-event.ts';
import type { CampaignRequest } from './handler.ts';
import { marketsOf, ownCampaign } from './shower.ts';

export interface ChangerDeps {
  store: RecordDeps['store'];
  /** What was decided is recorded here, as by every event function. */
  recording: RecordDeps;
  timeOf: RequestTime;
}

type Register = 'budget' | 'status';
type Change = BudgetChanged | CampaignStatusChanged;

/** What a change without a version is written down with: it is decided as the version after the register's. */
const NEXT_VERSION = 0;

export function createCampaignChanger(deps: ChangerDeps) {
  const { store, recording, timeOf } = deps;
  const known = new Map<string, Snapshot>();
  const decide: DecideCampaign = (campaign, event, context) =>
    decideCampaign(campaign, withVersion(event as Change, campaign), context);

  async function commit(change: Change, nowMs: number): Promise<Persisted> {
    const [first] = await store.read([refs.ledger(ledgerId(change))]);
    // The same change again happened when it first came.
    const same = first ? { ...change, occurredAtMs: first.occurredAtMs } : change;
    const persisted = await persistCampaignEvent(store, same, nowMs, decide, known);
    if (!persisted.isDuplicate) await record(recording, [persisted]);
    return persisted;
  }

  return async (register: Register, request: CampaignRequest): Promise<object> => {
    const { tenant, campaignId, headers } = request;
    const isPreview = isPreviewed(request);
    const key = isPreview ? 'preview' : keyOf(headers['idempotency-key']);
    const data = dataOf(register, request);
    const campaign = await ownCampaign(store, tenant.tenantId, campaignId);
    const nowMs = await timeOf(headers, marketsOf(campaign));
    const { tenantId } = tenant;
    const about = { eventId: `change:${key}`, source: tenantId, tenantId, occurredAtMs: nowMs };
    const change = { ...about, ...data } as Change;
    if (isPreview) {
      const preview = await previewCampaignEvent(store, withVersion(change, campaign), nowMs);
      endWith({ outcome: 'previewed' });
      return previewAnswer(preview, tenantId);
    }
    const { entry, isDuplicate } = await commit(change, nowMs).catch((error: unknown) => {
      // Two copies that came at once: the one that was late finds the other's entry now.
      if (error instanceof AndanteError && error.code === 'EVENT_CONFLICT') return commit(change, nowMs);
      throw error;
    });
    const answer = changeAnswer(campaignId, entry.outcomes);
    describeAs({ event: change.eventId });
    endWith({ outcome: answer.result });
    return { ...answer, replayed: isDuplicate };
  };
}

/** @throws AndanteError INVALID_REQUEST */
function isPreviewed({ query }: CampaignRequest): boolean {
  const preview = query?.get('preview') ?? 'false';
  if (preview === 'true' || preview === 'false') return preview === 'true';
  throw new AndanteError('INVALID_REQUEST', 'preview must be true or false');
}

/** @throws AndanteError INVALID_REQUEST */
function keyOf(key: string | undefined): string {
  if (key !== undefined && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(key)) return key;
  throw new AndanteError(
    'INVALID_REQUEST',
    'a change needs an Idempotency-Key of 1 to 64 letters, digits, dots, dashes and underscores: with it the change can be asked for again',
  );
}

/** @throws AndanteError as {@link decodeBody} */
function dataOf(register: Register, { campaignId, body }: CampaignRequest): Pick<Change, 'type' | 'data'> {
  if (register === 'budget') {
    const { budgetMicros, budgetVersion = NEXT_VERSION } = decodeBody<BudgetChangeWire>(budgetChange, body);
    return { type: 'andante.budget-changed.v1', data: { campaignId, budgetMicros, budgetVersion } };
  }
  const { status, statusVersion = NEXT_VERSION } = decodeBody<StatusChangeWire>(statusChange, body);
  return { type: 'andante.campaign-status-changed.v1', data: { campaignId, status, statusVersion } };
}

/** The change as it is decided: one without a version comes after all that came before it. */
function withVersion(change: Change, { budgetVersion, statusVersion }: Campaign): Change {
  const { data } = change;
  if ('statusVersion' in data && data.statusVersion === NEXT_VERSION)
    return { ...change, data: { ...data, statusVersion: statusVersion + 1 } } as Change;
  if ('budgetVersion' in data && data.budgetVersion === NEXT_VERSION)
    return { ...change, data: { ...data, budgetVersion: budgetVersion + 1 } } as Change;
  return change;
}

function changeAnswer(campaignId: string, outcomes: readonly Outcome[]): ChangeAnswer {
  const [outcome] = outcomes as readonly CampaignOutcome[];
  const said = { campaignId, outcomes: outcomes.map((one) => encodeInstants(one) as Record<string, unknown>) };
  switch (outcome?.type) {
    case 'budget-applied':
      return {
        ...{ ...said, result: 'applied', version: outcome.budgetVersion },
        ...(outcome.code === undefined ? {} : { code: outcome.code }),
      };
    case 'status-applied':
      return { ...said, result: 'applied', version: outcome.statusVersion };
    case 'budget-refused':
    case 'status-refused': {
      const { code, reason, counterOfferMicros } = outcome;
      return {
        ...{ ...said, result: 'refused', code, reason },
        ...(counterOfferMicros === undefined ? {} : { counterOfferMicros }),
        version: outcome.type === 'budget-refused' ? outcome.budgetVersion : outcome.statusVersion,
      };
    }
    case 'change-superseded':
      return { ...said, result: 'superseded', version: outcome.version, currentVersion: outcome.currentVersion };
    default:
      throw new Error(`a change of an accepted campaign came to ${outcome?.type ?? 'nothing'}`);
  }
}

function previewAnswer(
  { outcomes, before, after, own, displaced, relieved }: Preview,
  tenantId: string,
): PreviewAnswer {
  const then = new Map(after.subcampaigns.map((sub) => [sub.subcampaignId, sub]));
  const expected = new Map(own.map((line) => [line.subcampaignId, line]));
  return {
    ...changeAnswer(before.campaignId, outcomes),
    budget: between(before.budgetMicros, after.budgetMicros),
    escrow: between(before.escrowMicros, after.escrowMicros),
    parts: before.subcampaigns.map((sub) => {
      const changed = then.get(sub.subcampaignId) ?? sub;
      const line = expected.get(sub.subcampaignId);
      return {
        subcampaignId: sub.subcampaignId,
        market: sub.market,
        statusBefore: sub.status,
        statusAfter: changed.status,
        ...between(sub.budgetMicros, changed.budgetMicros),
        ...(line ? { expected: between(line.beforeMicros, line.afterMicros) } : {}),
      };
    }),
    displaced: displaced.map((line) => movedLine(line, tenantId)),
    relieved: relieved.map((line) => movedLine(line, tenantId)),
  };
}

function between(beforeMicros: number, afterMicros: number) {
  return { beforeMicros, afterMicros, differenceMicros: afterMicros - beforeMicros };
}

/** Who else is in a market is nobody's business. */
function movedLine({ market, campaignId, subcampaignId, ...line }: Displaced, tenantId: string) {
  const who = line.tenantId === tenantId ? { campaign: campaignId, subcampaignId } : { campaign: 'another campaign' };
  return { market, ...who, ...between(line.beforeMicros, line.afterMicros) };
}
