// What must be, computed from the published events alone: sums of the reports, the newest change of each register. It
// shares no code with what decides; an error there does not repeat itself here.
import type { BusinessEvent, CampaignCreated } from '../../shared/contracts/events.ts';

export interface ExpectedPart {
  campaignId: string;
  subcampaignId: string;
  market: string;
  impressions: number;
  clicks: number;
  conversions: number;
  spentMicros: number;
  chargedMicros: number;
  /** The same by ad-server group. */
  chargedByGroup: Record<string, number>;
}

export interface ExpectedCampaign {
  campaignId: string;
  requestedMicros: number;
  budgetVersion: number;
  statusVersion: number;
  /** What its owner wants last. */
  status: 'active' | 'paused' | 'cancelled' | 'completed';
  parts: ExpectedPart[];
}

export interface Expected {
  campaigns: ExpectedCampaign[];
  /** Opportunities seen, by market. */
  observed: Map<string, number>;
}

export function expectedOf(events: readonly BusinessEvent[]): Expected {
  const campaigns = new Map<string, ExpectedCampaign>();
  const parts = new Map<string, ExpectedPart & { clickPriceMicros: number }>();
  const observed = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'andante.campaign-created.v1') openCampaign(event);
  }
  for (const event of events) {
    switch (event.type) {
      case 'andante.campaign-created.v1':
        break;
      case 'andante.budget-changed.v1': {
        // A rebalance moves no register.
        if ('cause' in event.data) break;
        const { campaignId, budgetMicros, budgetVersion } = event.data;
        const campaign = campaigns.get(campaignId);
        if (campaign && budgetVersion > campaign.budgetVersion)
          Object.assign(campaign, { requestedMicros: budgetMicros, budgetVersion });
        break;
      }
      case 'andante.campaign-status-changed.v1': {
        const { campaignId, status, statusVersion } = event.data;
        const campaign = campaigns.get(campaignId);
        if (campaign && statusVersion > campaign.statusVersion) Object.assign(campaign, { status, statusVersion });
        break;
      }
      case 'andante.delivery-reported.v1': {
        const { market, group, lines, opportunities } = event.data;
        for (const cell of opportunities) observed.set(market, (observed.get(market) ?? 0) + cell.opportunities);
        for (const line of lines) {
          const part = parts.get(`${line.campaignId}/${line.subcampaignId}`);
          if (!part) continue;
          part.impressions += line.impressions;
          part.clicks += line.clicks;
          part.conversions += line.conversions;
          part.spentMicros += line.clicks * part.clickPriceMicros;
          part.chargedMicros += line.chargedMicros;
          part.chargedByGroup[group] = (part.chargedByGroup[group] ?? 0) + line.chargedMicros;
        }
        break;
      }
      default:
        event satisfies never;
    }
  }
  return { campaigns: [...campaigns.values()], observed };

  function openCampaign({ data }: CampaignCreated): void {
    const { campaignId, budgetMicros: requestedMicros } = data;
    const own = data.subcampaigns.map(({ subcampaignId, market, clickPriceMicros }) => {
      const none = { impressions: 0, clicks: 0, conversions: 0, spentMicros: 0, chargedMicros: 0 };
      const part = { campaignId, subcampaignId, market, clickPriceMicros, ...none, chargedByGroup: {} };
      parts.set(`${campaignId}/${subcampaignId}`, part);
      return part;
    });
    const registers = { budgetVersion: 0, statusVersion: 0, status: 'active' as const };
    campaigns.set(campaignId, { campaignId, requestedMicros, ...registers, parts: own });
  }
}
