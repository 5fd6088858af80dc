// The one error class and the list of its codes. Three kinds: permanent (quarantine and acknowledge), transient
// (throw, so that it is retried), programmer (node:assert, or anything else that is thrown).
// README, "Error codes", explains each; a test compares the two lists.

/** Codes of permanent errors: trying again can never help. */
export const permanentCodes = [
  'MALFORMED_ENVELOPE',
  'BAD_BASE64',
  'BAD_JSON',
  'BODY_TOO_LARGE',
  'BODY_TOO_DEEP',
  'FORBIDDEN_KEY',
  'WRONG_TYPE',
  'UNSUPPORTED_VERSION',
  'INVALID_EVENT',
  'EVENT_TOO_OLD',
  'TICK_IN_FUTURE',
  'EVENT_CONFLICT',
  'TENANT_MISMATCH',
  'UNKNOWN_MARKET',
  'UNKNOWN_SUBCAMPAIGN',
  'IMPLAUSIBLE_REPORT',
  'TOO_MANY_GROUPS',
] as const;

/** Codes of transient errors: the same message may succeed later. */
export const transientCodes = [
  'STORE_UNAVAILABLE',
  'BUS_UNAVAILABLE',
  'OUTCOMES_UNAVAILABLE',
  'IDENTITY_UNAVAILABLE',
] as const;

/** Codes of errors that only people can mend: a message is retried and ends in the dead-letter topic. */
export const programmerCodes = ['STORED_DOCUMENT_INVALID', 'OUTCOME_ROW_INVALID', 'INVALID_CONFIG'] as const;

/** Codes of refused HTTP requests. */
export const httpCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'METHOD_NOT_ALLOWED',
  'INVALID_REQUEST',
  'PLAN_MISMATCH',
  'HOLD_EXPIRED',
  'BOOKING_CLOSED',
  'BOOKING_BUSY',
  'TOO_MANY_REQUESTS',
] as const;

export type PermanentCode = (typeof permanentCodes)[number];
export type TransientCode = (typeof transientCodes)[number];
export type ProgrammerCode = (typeof programmerCodes)[number];
export type HttpCode = (typeof httpCodes)[number];
export type ErrorCode = PermanentCode | TransientCode | ProgrammerCode | HttpCode;

/** An error with a stable code. The message says what was expected and what came, never the payload. */
export class AndanteError extends Error {
  override name = 'AndanteError';
  readonly code: ErrorCode;
  /** Of an HTTP request that is to come again: how many seconds from now. */
  readonly retryAfterSeconds: number | undefined;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterSeconds?: number }) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
  /** Whether the same message may succeed when it comes again. */
  get retryable(): boolean {
    return (transientCodes as readonly string[]).includes(this.code);
  }
  /** Whether the message is to be quarantined and acknowledged. */
  get permanent(): boolean {
    return (permanentCodes as readonly string[]).includes(this.code);
  }
}

/** An assertion's words may show two documents whole. */
const MAX_TOLD = 8192;

/** What the log is told of something that was thrown. */
export function stackOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.slice(0, MAX_TOLD);
}
