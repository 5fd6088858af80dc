// From the bytes of a message to a typed business event, or a refusal with a code. Nothing else reads wire JSON.
import { AndanteError } from '../runtime/errors.ts';
import { checkCampaign, checkReport } from './check-event.ts';
import type {
  BudgetChanged,
  CampaignCreated,
  CampaignStatusChanged,
  DeliveryReported,
  ReportBodyWire,
  ScheduledWire,
} from './events.ts';
import { InvalidInstant, decodeInstants, parseInstant } from './instants.ts';
import * as validators from './validators.generated.js';

/** The largest body, after base64. */
export const MAX_BODY_BYTES = 256 * 1024;
/** The deepest nesting; recursion over what JSON.parse takes would overflow. */
export const MAX_DEPTH = 20;

/** A scheduled message: its virtual time and its market, where it names them. */
export interface Scheduled {
  type: ScheduledWire['type'];
  source: string;
  tenantId: string;
  scheduledForMs?: number;
  market?: string;
}

/** The decoded event of each function that Pub/Sub calls. */
export interface Messages {
  'campaign-created': CampaignCreated;
  'budget-changed': BudgetChanged;
  'campaign-status-changed': CampaignStatusChanged;
  'delivery-reported': DeliveryReported;
  'delivery-tick': Scheduled;
  'outcome-drain': Scheduled;
  reconcile: Scheduled;
  'supply-refresh': Scheduled;
}
export type MessageName = keyof Messages;

const VERSION = 'v1';

const scheduledNames: ReadonlySet<MessageName> = new Set<MessageName>([
  'delivery-tick',
  'outcome-drain',
  'reconcile',
  'supply-refresh',
]);

const validatorOf: Record<MessageName, validators.Validator> = {
  'campaign-created': validators.campaignCreated,
  'budget-changed': validators.budgetChanged,
  'campaign-status-changed': validators.campaignStatusChanged,
  'delivery-reported': validators.deliveryReported,
  'delivery-tick': validators.deliveryTick,
  'outcome-drain': validators.outcomeDrain,
  reconcile: validators.reconcile,
  'supply-refresh': validators.supplyRefresh,
};

/**
 * @param name the function that received the message: only its own event type is taken
 * @throws AndanteError BODY_TOO_LARGE, BAD_JSON, BODY_TOO_DEEP, FORBIDDEN_KEY, WRONG_TYPE, UNSUPPORTED_VERSION, INVALID_EVENT
 */
export function decodeMessage<N extends MessageName>(name: N, bytes: Uint8Array): Messages[N] {
  const wire = parseJson(bytes);
  checkType(name, wire);
  checkShape(validatorOf[name], wire);
  const isScheduled = scheduledNames.has(name);
  return withInstants(
    () => (isScheduled ? decodeScheduled(wire as ScheduledWire) : decodeBusiness(wire)) as Messages[N],
  );
}

/**
 * JSON of limited size and depth, without keys that reach into prototypes.
 * @throws AndanteError BODY_TOO_LARGE, BAD_JSON, BODY_TOO_DEEP, FORBIDDEN_KEY
 */
export function parseJson(bytes: Uint8Array, maxBytes?: number): unknown {
  const value = parseText(readText(bytes, maxBytes));
  checkDepth(value);
  return value;
}

/**
 * The text of a body of limited size.
 * @throws AndanteError BODY_TOO_LARGE; BAD_JSON for bytes that are no UTF-8
 */
export function readText(bytes: Uint8Array, maxBytes = MAX_BODY_BYTES): string {
  if (bytes.byteLength > maxBytes) {
    // HTTP keeps no more than it takes to see that it is too much.
    throw new AndanteError(
      'BODY_TOO_LARGE',
      `a body has at most ${maxBytes} bytes, this one has at least ${bytes.byteLength}`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notJson();
  }
}

/** @throws AndanteError BAD_JSON */
export function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

function notJson(): AndanteError {
  return new AndanteError('BAD_JSON', 'the body must be JSON in UTF-8');
}

/** A walk with its own stack: a body nested 100,000 deep is refused, not followed. */
function checkDepth(root: unknown): void {
  const stack: { value: unknown; depth: number }[] = [{ value: root, depth: 1 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { value, depth } = top;
    if (typeof value !== 'object' || value === null) continue;
    if (depth > MAX_DEPTH) throw new AndanteError('BODY_TOO_DEEP', `a body nests at most ${MAX_DEPTH} deep`);
    for (const [key, field] of Object.entries(value)) {
      if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
        throw new AndanteError('FORBIDDEN_KEY', 'a body has no key named __proto__, constructor or prototype');
      }
      if (typeof field === 'object' && field !== null) stack.push({ value: field, depth: depth + 1 });
    }
  }
}

function checkType(name: MessageName, wire: unknown): void {
  const type: unknown = typeof wire === 'object' && wire !== null && 'type' in wire ? wire.type : undefined;
  const [, named, version] = (typeof type === 'string' && /^andante\.([a-z-]{1,40})\.(v[0-9]{1,6})$/.exec(type)) || [];
  if (named !== name) throw new AndanteError('WRONG_TYPE', `expected the type andante.${name}.${VERSION}`);
  if (version !== VERSION)
    throw new AndanteError('UNSUPPORTED_VERSION', `expected version ${VERSION} of andante.${name}`);
}

/** @throws AndanteError INVALID_EVENT naming the first field that is wrong */
export function checkShape(
  validate: validators.Validator,
  value: unknown,
  code: 'INVALID_EVENT' | 'INVALID_REQUEST' = 'INVALID_EVENT',
): void {
  if (validate(value)) return;
  const [error] = validate.errors ?? [];
  const params = error?.params as { additionalProperty?: unknown } | undefined;
  const extra =
    typeof params?.additionalProperty === 'string' ? ` (${params.additionalProperty.slice(0, 64).toWellFormed()})` : '';
  throw new AndanteError(code, `${error?.instancePath || 'the body'} ${error?.message ?? 'is invalid'}${extra}`);
}

/**
 * The body that an ad server posts, checked as the event that it becomes will be.
 * @throws AndanteError BODY_TOO_LARGE, BAD_JSON, BODY_TOO_DEEP, FORBIDDEN_KEY, INVALID_REQUEST, INVALID_EVENT
 */
export function decodeReport(bytes: Uint8Array): ReportBodyWire {
  const body = parseJson(bytes) as ReportBodyWire;
  checkShape(validators.reportBody, body, 'INVALID_REQUEST');
  withInstants(() => checkReport(decodeInstants(body)));
  return body;
}

/** An instant that no calendar has is a wrong event, like any other wrong field. */
function withInstants<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof InvalidInstant) throw new AndanteError('INVALID_EVENT', error.message);
    throw error;
  }
}

function decodeBusiness(
  wire: unknown,
): Messages['campaign-created' | 'budget-changed' | 'campaign-status-changed' | 'delivery-reported'] {
  const event = decodeInstants(wire) as Messages[
    'campaign-created' | 'budget-changed' | 'campaign-status-changed' | 'delivery-reported'];
  if (event.type === 'andante.campaign-created.v1') checkCampaign(event.data);
  if (event.type === 'andante.delivery-reported.v1') checkReport(event.data);
  return event;
}

function decodeScheduled({ scheduledFor, ...wire }: ScheduledWire): Scheduled {
  return scheduledFor === undefined ? wire : { ...wire, scheduledForMs: parseInstant(scheduledFor, '/scheduledFor') };
}
