// Without a market: one message per market that is known or has been observed. With one: that market's supply is forecast anew.
import { fanOut } from '../../shared/bus/fan-out.ts';
import { PLATFORM_TENANT } from '../../shared/contracts/platform-tenant.ts';
import { DAY_MS, HOUR_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import { refreshSupply, type RefreshDeps } from '../../shared/outcomes/refresh-supply.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import { describeAs } from '../../shared/runtime/handling.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';

export interface SupplyRefreshDeps extends RefreshDeps {
  virtualTime: boolean;
}

/** A market that nobody reported of for so long is not looked for any more. */
const OBSERVED_DAYS = 14;

export function createSupplyRefreshHandler(deps: SupplyRefreshDeps): Handler<'supply-refresh'> {
  const { store, features, bus, virtualTime, log } = deps;
  return async (event, { publishedAtMs }) => {
    const nowMs = event.scheduledForMs ?? publishedAtMs;
    if (!virtualTime && nowMs > publishedAtMs + HOUR_MS) {
      throw new AndanteError('TICK_IN_FUTURE', 'a refresh is for the time it is published at, or earlier');
    }
    if (event.market === undefined) {
      const observed = await features.markets(dayOf(nowMs - OBSERVED_DAYS * DAY_MS));
      const markets = [...new Set([...(await store.markets()), ...observed])].sort();
      const message = { type: 'andante.supply-refresh.v1', source: event.source, tenantId: PLATFORM_TENANT } as const;
      return { outcome: 'fanned-out', markets: await fanOut(bus, message, markets, nowMs) };
    }
    const { market, source } = event;
    // Doubled in one hour it is the same forecast.
    const forecastId = `refresh:${market}:${Math.floor(nowMs / HOUR_MS)}`;
    describeAs({ event: forecastId });
    const { reasons, result, ...refreshed } = await refreshSupply(deps, { market, forecastId, source, nowMs });
    if (result === 'frozen')
      log.error('the last good forecast stays in force', {
        market,
        reasons: reasons.map(({ code, detail }) => `${code}: ${detail}`).join('; '),
      });
    return { outcome: result, ...refreshed };
  };
}
