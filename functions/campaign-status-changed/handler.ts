// decode (before us) -> decide -> persist -> record.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';

export function createCampaignStatusChangedHandler(deps: RecordDeps): Handler<'campaign-status-changed'> {
  return async (event, { nowMs }) => {
    const persisted = await persistCampaignEvent(deps.store, event, nowMs, decideCampaign);
    if (!persisted.isDuplicate) await record(deps, [persisted]);
    return { outcome: persisted.entry.result, duplicate: persisted.isDuplicate };
  };
}
