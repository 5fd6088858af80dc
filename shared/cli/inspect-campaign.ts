// inspect campaign: the stored campaign with the live numbers of its book entries.
import { campaignTotals, partMoney } from '../campaign/campaign-totals.ts';
import type { Campaign } from '../contracts/documents.ts';
import { encodeInstants } from '../contracts/instants.ts';
import { refs, type AllocationStore } from '../store/allocation-store.ts';
import { readCampaign } from '../store/read-campaign.ts';
import { campaignName, type Conclusion, type Context } from './command.ts';
import { formatMicros, formatTime } from './format-values.ts';
import { formatFields, formatTable, type Cell } from './table.ts';

export async function inspectCampaign(name: string | undefined, context: Context): Promise<Conclusion> {
  const { tenantId, campaignId } = campaignName(name);
  const { ports } = await context.connect();
  const campaign = await readCampaign(ports.store, tenantId, campaignId);
  if (!campaign) return missing(ports.store, tenantId, campaignId);
  return {
    exit: 'ok',
    text: [
      formatFields(campaignFields(campaign)),
      ...(campaign.subcampaigns.length > 0 ? [moneyTable(campaign)] : []),
    ].join('\n\n'),
    json: {
      campaign: encodeInstants({
        ...campaign,
        totals: campaignTotals(campaign),
        subcampaigns: campaign.subcampaigns.map((sub) => ({ ...sub, ...partMoney(sub) })),
      }),
    },
  };
}

async function missing(store: AllocationStore, tenantId: string, campaignId: string): Promise<Conclusion> {
  const [owner] = await store.read([refs.owner(campaignId)]);
  const hint = owner
    ? `it is a campaign of ${owner.tenantId}: inspect campaign ${owner.tenantId}/${campaignId}`
    : 'its event may be refused, waiting, or in quarantine: inspect ledger and replay quarantine --dry-run tell';
  const message = `tenant ${tenantId} has no campaign ${campaignId}; ${hint}`;
  return { exit: 'different', text: message, json: { error: { message } } };
}

function campaignFields(campaign: Campaign): [string, Cell][] {
  const { terms, waitingBudget, waitingStatus } = campaign;
  const amount = (micros: number) => `${formatMicros(micros)} ${terms?.currency ?? ''}`.trim();
  return [
    ['campaign', `${campaign.tenantId}/${campaign.campaignId}`],
    ['status', campaign.status],
    ...(terms
      ? ([
          ['flight', `${formatTime(terms.startAtMs)} to ${formatTime(terms.endAtMs)}`],
          ['objective', terms.objective],
        ] satisfies [string, Cell][])
      : []),
    ['requested', amount(campaign.requestedMicros)],
    ['budget', amount(campaign.budgetMicros)],
    ['escrow', amount(campaign.escrowMicros)],
    ['versions', `budget ${campaign.budgetVersion}, status ${campaign.statusVersion}, split ${campaign.splitVersion}`],
    ...(waitingBudget
      ? [
          ['waiting', `budget ${amount(waitingBudget.budgetMicros)}, version ${waitingBudget.budgetVersion}`] as [
            string,
            Cell,
          ],
        ]
      : []),
    ...(waitingStatus
      ? [['waiting', `status ${waitingStatus.status}, version ${waitingStatus.statusVersion}`] as [string, Cell]]
      : []),
  ];
}

function moneyTable(campaign: Campaign): string {
  const row = (name: string, where: string, status: string, of: MoneyRow): Cell[] => [
    name,
    where,
    status,
    ...[of.budgetMicros, of.spentMicros, of.inFlightMicros, of.leasedMicros, of.accruedMicros, of.billedMicros].map(
      formatMicros,
    ),
    of.overrunMicros === 0 ? '' : formatMicros(of.overrunMicros),
    of.impressions,
    of.clicks,
    of.conversions,
  ];
  const rows = campaign.subcampaigns.map((sub) =>
    row(sub.subcampaignId, `${sub.market}/${sub.page}`, sub.status, { ...sub, ...partMoney(sub) }),
  );
  const totals = campaignTotals(campaign);
  const headings = [
    'subcampaign',
    'market',
    'status',
    'budget',
    'spent',
    'in flight',
    'leased',
    'accrued',
    'billed',
    'overrun',
    'impressions',
    'clicks',
    'conversions',
  ];
  return formatTable(headings, [...rows, row('total', '', '', { ...totals, budgetMicros: totals.assignedMicros })]);
}

interface MoneyRow {
  budgetMicros: number;
  spentMicros: number;
  inFlightMicros: number;
  leasedMicros: number;
  accruedMicros: number;
  billedMicros: number;
  overrunMicros: number;
  impressions: number;
  clicks: number;
  conversions: number;
}
