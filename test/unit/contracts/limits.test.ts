// Walks the event schemas and breaks each limit of each string and list once.
import assert from 'node:assert/strict';
import { Ajv } from 'ajv';
import * as events from '../../../shared/contracts/events.ts';
import { encodeInstants } from '../../../shared/contracts/instants.ts';
import * as validators from '../../../shared/contracts/validators.generated.js';
import {
  budgetChanged,
  campaignCreated,
  deliveryReported,
  line,
  order,
  statusChanged,
  rebalanced,
} from '../../support/events.ts';

interface Schema {
  type?: string;
  const?: string;
  enum?: string[];
  pattern?: string;
  maxLength?: number;
  maxItems?: number;
  minItems?: number;
  uniqueItems?: boolean;
  maximum?: number;
  minimum?: number;
  properties?: Record<string, Schema>;
  items?: Schema;
}

type Path = (string | number)[];

const tick = { source: 's', tenantId: 't', scheduledFor: '2026-03-02T00:00:00Z', market: 'SE' };
const closing = { campaignId: 'c1', subcampaignId: 's1', grantedMicros: 1, chargedMicros: 1 };
const cellOf = { segment: 'casual', surface: 'home' };
const full = deliveryReported('r', {
  lines: [line({ clickMicros: 1, reached: 1 })],
  closings: [closing],
  opportunities: [{ ...cellOf, opportunities: 1 }],
  sample: [
    {
      ...cellOf,
      responseMultiplier: 1,
      offerCpmMicros: 1,
      listener: { visits: 2, activeDays: 1, allVisits: 3, allActiveDays: 2 },
    },
  ],
  responses: [
    {
      ...cellOf,
      format: 'video',
      hourAtMs: Date.parse('2026-03-02T00:00:00Z'),
      impressions: 9,
      clicks: 1,
      conversions: 0,
    },
  ],
});
const { group: _group, ...posted } = full.data;

const serving: Partial<Parameters<typeof order>[0]> = {
  isAuctioned: true,
  artistId: 'a1',
  releaseId: 'r1',
  perListenerDay: 1,
  perListenerFlight: 2,
  isFullScreen: true,
  isExplicit: true,
  minimumAge: 18,
  pacing: 'custom',
  spendCurve: [{ trafficShare: 0.5, spendShare: 0.7 }],
  dailyCapMicros: 1_000_000,
  creativeId: 'v1',
};

/** One body of each kind with every field in it. */
const kinds = [
  {
    name: 'campaign-created',
    schema: events.CampaignCreatedEvent,
    validate: validators.campaignCreated,
    body: campaignCreated({
      subcampaigns: [order({ floorMicros: 1, capMicros: 1, lockMicros: 1, ...serving })],
      booking: { bookingId: '0123456789abcdef0123', part: 0 },
    }),
  },
  {
    name: 'budget-changed',
    schema: withData(events.BudgetChangedEvent, 0),
    validate: validators.budgetChanged,
    body: budgetChanged(1, 1),
  },
  {
    name: 'budget-changed by a rebalance',
    schema: withData(events.BudgetChangedEvent, 1),
    validate: validators.budgetChanged,
    body: rebalanced(),
  },
  {
    name: 'campaign-status-changed',
    schema: events.CampaignStatusChangedEvent,
    validate: validators.campaignStatusChanged,
    body: statusChanged('paused', 1),
  },
  {
    name: 'delivery-reported',
    schema: events.DeliveryReportedEvent,
    validate: validators.deliveryReported,
    body: full,
  },
  { name: 'report', schema: events.ReportBody, validate: validators.reportBody, body: { eventId: 'r', ...posted } },
  {
    name: 'delivery-tick',
    schema: events.DeliveryTickEvent,
    validate: validators.deliveryTick,
    body: { type: 'andante.delivery-tick.v1', ...tick },
  },
  {
    name: 'outcome-drain',
    schema: events.OutcomeDrainEvent,
    validate: validators.outcomeDrain,
    body: { type: 'andante.outcome-drain.v1', ...tick },
  },
  {
    name: 'reconcile',
    schema: events.ReconcileEvent,
    validate: validators.reconcile,
    body: { type: 'andante.reconcile.v1', ...tick },
  },
  {
    name: 'supply-refresh',
    schema: events.SupplyRefreshEvent,
    validate: validators.supplyRefresh,
    body: { type: 'andante.supply-refresh.v1', ...tick },
  },
];

/** The schema of an event with one of the forms that its data may have. */
function withData(schema: object, form: number): Schema {
  const { properties = {} } = schema as Schema;
  const data = (properties['data'] as { anyOf: Schema[] }).anyOf[form] as Schema;
  return { ...schema, properties: { ...properties, data } };
}

/** Every field of a schema with the values that break its limits. */
function violations(schema: Schema, path: Path = []): { path: Path; value: unknown; limit: string }[] {
  if (schema.const !== undefined) return [];
  switch (schema.type) {
    case 'object':
      return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => violations(field, [...path, name]));
    case 'array': {
      const { maxItems, items = {} } = schema;
      assert(maxItems, `${path.join('/')} has no maxItems`);
      const many = Array.from({ length: maxItems + 1 }, (_, index) => (items.type === 'string' ? `x${index}` : index));
      const whole = [
        { path, value: many, limit: 'maxItems' },
        { path, value: {}, limit: 'type' },
      ];
      return [...whole, ...violations(items, [...path, 0])];
    }
    case 'string': {
      assert(schema.maxLength, `${path.join('/')} has no maxLength`);
      assert(
        schema.enum || (schema.pattern?.startsWith('^') && schema.pattern.endsWith('$')),
        `${path.join('/')} needs an anchored pattern`,
      );
      const long = 'A'.repeat(schema.maxLength + 1);
      return [long, '', '\u0000', 'a b', 'a/b', 5, null].map((value) => ({ path, value, limit: 'string' }));
    }
    case 'integer':
    case 'number': {
      const { minimum, maximum } = schema;
      assert(minimum !== undefined && maximum !== undefined, `${path.join('/')} has no bounds`);
      return [minimum - 1, maximum + 1, '1', null].map((value) => ({ path, value, limit: 'number' }));
    }
    default:
      return assert.fail(`${path.join('/')}: unexpected type ${schema.type}`);
  }
}

function replaced(body: unknown, [head, ...rest]: Path, value: unknown): unknown {
  if (head === undefined) return value;
  if (Array.isArray(body))
    return body.map((item, index) => (index === head ? replaced(item, rest, value) : (item as unknown)));
  const record = body as Record<string, unknown>;
  assert(head in record, `the body has no ${head}`);
  return { ...record, [head]: replaced(record[head], rest, value) };
}

describe('the limits of events', () => {
  for (const { name, schema, validate, body } of kinds) {
    const wire = encodeInstants(body);

    it(`${name} with every field is taken`, () => {
      assert(validate(wire), new Ajv().errorsText(validate.errors ?? []));
    });

    it(`${name} is refused when any one limit is broken`, () => {
      const all = violations(schema as Schema);
      assert(all.length > 10);
      for (const { path, value, limit } of all) {
        assert(
          !validate(replaced(wire, path, value)),
          `${path.join('/')} took ${JSON.stringify(value)?.slice(0, 80)} (${limit})`,
        );
      }
    });
  }
});
