// Every line that functions log: one JSON object of these fields and no others, which Cloud Logging keeps as `jsonPayload`.
// What `LogFields` lacks the compiler refuses. Metrics, alerts and the dashboard of terraform/ filter by these names; a test holds every line of a run to them.
import Type, { type Static } from 'typebox';
import { Count, EventId, Group, Id, Instant, MarketId, Micros, closed, oneOf } from './scalars.ts';

const severities = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

/** What came of an event or a message. */
const HandledOutcome = oneOf(
  // Of a business event, as its ledger entry says.
  'applied',
  'refused',
  'superseded',
  'waiting',
  'filed',
  'folded',
  // Of a message that is for every market, of the drain, of a market's supply, of a market compared with its rows.
  'fanned-out',
  'drained',
  'refreshed',
  'frozen',
  'duplicate',
  'agrees',
  'different',
  // Of a permanent, a transient and a programmer error.
  'quarantined',
  'retried',
  'failed',
);

/** What came of a request: a booking's status, a change's result, or how it was answered. */
const AnsweredOutcome = oneOf(
  'staging',
  'held',
  'confirmed',
  'released',
  'expired',
  'refused',
  'applied',
  'superseded',
  'previewed',
  'answered',
  'unchanged',
  'failed',
);

/** What other lines say. */
const Note = oneOf(
  'failed',
  'no newer plan',
  'no newer snapshot',
  'no track record',
  'outcomes not recorded yet: outcome-drain will',
  'outcomes refused by BigQuery: they stay in the ledger',
  'a booking was not brought on',
  'a booking was not brought on: outcome-drain will',
  'the forecast failed: the last good one stays',
  'the last good forecast stays in force',
  'intervals of forecasts do not hold what they say',
  'what differs may be on its way',
  'ledger, state and BigQuery differ',
  'not every campaign was compared in time',
  'more differences than are told',
);

const Ms = Type.Integer({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });
const Text = Type.String({ maxLength: 20_000 });
const Code = Type.String({ pattern: '^[A-Z][A-Z0-9_]*$', maxLength: 64 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const HttpStatus = Type.Integer({ minimum: 100, maximum: 599 });

/** Of every line: when, how bad, and where it belongs. */
const head = {
  severity: oneOf(...severities),
  time: Instant,
  /** `projects/P/traces/T`: one trace from a request through every message that it leads to. */
  'logging.googleapis.com/trace': Type.Optional(
    Type.String({ pattern: '^projects/[a-z0-9-]+/traces/[0-9a-f]{32}$', maxLength: 160 }),
  ),
  /** The request or the push. */
  'logging.googleapis.com/spanId': Type.Optional(Type.String({ pattern: '^[0-9a-f]{16}$', maxLength: 16 })),
  'logging.googleapis.com/labels': Type.Optional(
    closed({ execution_id: Type.String({ pattern: '^[A-Za-z0-9_-]+$', maxLength: 64 }) }),
  ),
};

/** What the function has in hand while it writes a line, as far as it is known. */
const subject = {
  function: Id,
  /** The business event's id. */
  event: Type.Optional(EventId),
  tenant: Type.Optional(Id),
  campaign: Type.Optional(Id),
  market: Type.Optional(MarketId),
  group: Type.Optional(Group),
  /** A booking's key. */
  booking: Type.Optional(Id),
};

/** Of what went wrong: its code as the README explains it, and its words. */
const problem = { code: Type.Optional(Code), error: Type.Optional(Text) };

/** One for every push, when it is done with. */
export const HandledLine = closed({
  ...head,
  ...subject,
  ...problem,
  message: Type.Literal('handled'),
  outcome: HandledOutcome,
  /** Which delivery of the message this is, from 1. */
  attempts: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  /** From the push to its end. */
  ms: Count,
  /** Of a push that could not have come from Pub/Sub: what it was answered. */
  status: Type.Optional(HttpStatus),
  /** The event had been applied before. */
  duplicate: Type.Optional(Type.Boolean()),
  /** Messages fanned out, one for each market. */
  markets: Type.Optional(Count),
  // A tick's.
  slot: Type.Optional(Count),
  /** From the slot's instant to now; under virtual time of the day that is played. */
  lagMs: Type.Optional(Ms),
  reports: Type.Optional(Count),
  quarantined: Type.Optional(Count),
  rebalances: Type.Optional(Count),
  /** Lines of the market whose reports passed what they had been granted, and by how much; absent where none did. */
  overruns: Type.Optional(Count),
  overrunMicros: Type.Optional(Micros),
  // The drain's.
  entries: Type.Optional(Count),
  refused: Type.Optional(Count),
  bookings: Type.Optional(Count),
  /** Entries that are left to drain, as far as they were read, and the age of the oldest; 0 where none is. */
  undrained: Type.Optional(Count),
  oldestMs: Type.Optional(Count),
  // A refresh's.
  cells: Type.Optional(Count),
  days: Type.Optional(Count),
  isFitted: Type.Optional(Type.Boolean()),
  /** Of the forecast that is in force now. */
  ageMs: Type.Optional(Count),
  // A reconciliation's.
  differences: Type.Optional(Count),
  campaigns: Type.Optional(Count),
  left: Type.Optional(Count),
  misjudged: Type.Optional(Count),
});

/** One for every request, when its answer is sent. */
export const AnsweredLine = closed({
  ...head,
  ...subject,
  ...problem,
  message: Type.Literal('answered'),
  outcome: AnsweredOutcome,
  status: HttpStatus,
  ms: Count,
  /** Campaigns of a booking. */
  campaigns: Type.Optional(Count),
  /** Items of a batch, and how many of them were refused. */
  quotes: Type.Optional(Count),
  decisions: Type.Optional(Count),
  refused: Type.Optional(Count),
  tier: Type.Optional(oneOf('fast', 'exact')),
  planVersion: Type.Optional(Count),
});

/** What differs, and what mends it. */
const difference = {
  where: Type.Optional(Text),
  expected: Type.Optional(Text),
  found: Type.Optional(Text),
  mend: Type.Optional(Text),
};

/** A promise of README, "Invariants", that does not hold. */
export const InvariantLine = closed({
  ...head,
  ...subject,
  ...problem,
  ...difference,
  severity: Type.Literal('CRITICAL'),
  message: Type.Literal('invariant violated'),
  invariant: Type.Integer({ minimum: 1, maximum: 6 }),
});

/** What else a person may want to know. */
export const NoteLine = closed({
  ...head,
  ...subject,
  ...problem,
  ...difference,
  message: Note,
  /** Ledger entries that are not recorded. */
  entries: Type.Optional(Count),
  /** Why a forecast is kept. */
  reasons: Type.Optional(Text),
  /** Campaigns that were compared, those that time ran out for, and what differs where that is too much to be told. */
  campaigns: Type.Optional(Count),
  left: Type.Optional(Count),
  differences: Type.Optional(Count),
  /** Of a kind of interval: how many were scored, the share that held, and the least and most that should. */
  kind: Type.Optional(Text),
  scores: Type.Optional(Count),
  coverage: Type.Optional(Share),
  least: Type.Optional(Share),
  most: Type.Optional(Share),
});

export const LogLine = Type.Union([HandledLine, AnsweredLine, InvariantLine, NoteLine]);
export type LogLine = Static<typeof LogLine>;

/** A line's own fields: what the log itself adds is not among them. */
type OwnFields<Line> = Omit<Line, keyof typeof head | 'message'>;

/** What a function has in hand, on each of its lines. */
export type LogSubject = Partial<Pick<Static<typeof NoteLine>, keyof typeof subject>>;

/** The fields that a line may be given. */
export type LogFields = Partial<
  Omit<OwnFields<Static<typeof HandledLine>>, 'outcome'> &
    Omit<OwnFields<Static<typeof AnsweredLine>>, 'outcome'> &
    OwnFields<Static<typeof InvariantLine>> &
    OwnFields<Static<typeof NoteLine>>
> & { outcome?: Static<typeof HandledOutcome> | Static<typeof AnsweredOutcome> };

export type LogMessage = LogLine['message'];
