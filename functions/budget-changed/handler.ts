// decode (before us) -> decide -> persist -> record.
import { decideCampaign } from '../../shared/campaign/decide-campaign.ts';
import { record, type RecordDeps } from '../../shared/outcomes/record.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import type { Snapshot } from '../../shared/store/market-views.ts';
import { persistCampaignEvent } from '../../shared/store/persist-campaign-event.ts';

export function createBudgetChangedHandler(deps: RecordDeps): Handler<'budget-changed'> {
  const known = new Map<string, Snapshot>();
  return async (event, { nowMs }) => {
    const persisted = await persistCampaignEvent(deps.store, event, nowMs, decideCampaign, known);
    if (!persisted.isDuplicate) await record(deps, [persisted]);
    return { outcome: persisted.entry.result, duplicate: persisted.isDuplicate };
  };
}
