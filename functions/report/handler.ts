// POST /v1/reports: the ad servers' door. Authenticates the group, stamps the report with it, publishes it.
import type { EventBus } from '../../shared/bus/event-bus.ts';
import { PLATFORM_TENANT } from '../../shared/contracts/platform-tenant.ts';
import { decodeReport } from '../../shared/contracts/decode-message.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import { describeAs } from '../../shared/runtime/handling.ts';
import type { HttpHandler } from '../../shared/runtime/http.ts';
import type { AuthenticateGroup } from '../../shared/runtime/identity.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { createMarketCheck } from '../../shared/store/known-markets.ts';

export interface ReportDeps {
  store: AllocationStore;
  bus: EventBus;
  authenticateGroup: AuthenticateGroup;
}

export function createReportHandler({ store, bus, authenticateGroup }: ReportDeps): HttpHandler {
  const isKnownMarket = createMarketCheck(store);
  return async ({ method, headers, body }) => {
    if (method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'a report is sent with POST');
    const group = await authenticateGroup(headers['authorization']);
    const { eventId, ...report } = decodeReport(body);
    const { market } = report;
    describeAs({ event: eventId, market });
    if (!(await isKnownMarket(market))) throw new AndanteError('NOT_FOUND', 'this market is not known here');
    const { windowEndAt: occurredAt } = report;
    await bus.publish({
      type: 'andante.delivery-reported.v1',
      eventId,
      source: group,
      tenantId: PLATFORM_TENANT,
      occurredAt,
      data: { group, ...report },
    });
    return { status: 202, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ eventId }) };
  };
}
