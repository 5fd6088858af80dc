// decode (before us) -> decide -> persist -> record.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import type { Snapshot } from '../../shared/store/market-views.ts';
import { persistCampaignEvent, type DecideCampaign } from '../../shared/store/persist-campaign-event.ts';

export interface CampaignCreatedDeps extends RecordDeps {
  /** Simulations decide without a quote in most runs. */
  decide?: DecideCampaign;
}

export function createCampaignCreatedHandler(deps: CampaignCreatedDeps): Handler<'campaign-created'> {
  const { decide = decideCampaign } = deps;
  const known = new Map<string, Snapshot>();
  return async (event, { nowMs }) => {
    const persisted = await persistCampaignEvent(deps.store, event, nowMs, decide, known);
    if (!persisted.isDuplicate) await record(deps, [persisted]);
    return { outcome: persisted.entry.result, duplicate: persisted.isDuplicate };
  };
}
