// BigQuery's own error JSON, and the one error class of this emulator. What clients match on is `reason`.

/** The reasons this emulator answers, spelled as BigQuery spells them. */
export type ErrorReason =
  | 'notFound'
  | 'duplicate'
  | 'invalid'
  | 'invalidQuery'
  | 'parseError'
  | 'required'
  | 'resourceInUse'
  | 'uploadTooLarge'
  | 'stopped'
  | 'internalError';

/** One entry of an error's `errors`, of a job's `status.errors` and of a row's insert errors. */
export interface ErrorProto {
  reason: ErrorReason;
  message: string;
  location?: string;
}

const STATUS_OF_REASON: Record<ErrorReason, { code: number; status: string }> = {
  notFound: { code: 404, status: 'NOT_FOUND' },
  duplicate: { code: 409, status: 'ALREADY_EXISTS' },
  invalid: { code: 400, status: 'INVALID_ARGUMENT' },
  invalidQuery: { code: 400, status: 'INVALID_ARGUMENT' },
  parseError: { code: 400, status: 'INVALID_ARGUMENT' },
  required: { code: 400, status: 'INVALID_ARGUMENT' },
  resourceInUse: { code: 400, status: 'FAILED_PRECONDITION' },
  uploadTooLarge: { code: 413, status: 'INVALID_ARGUMENT' },
  stopped: { code: 499, status: 'CANCELLED' },
  internalError: { code: 500, status: 'INTERNAL' },
};

/** A refusal that is answered to the client as BigQuery would answer it; the HTTP code follows from `reason`. */
export class ApiError extends Error {
  readonly reason: ErrorReason;
  readonly location: string | undefined;

  constructor(reason: ErrorReason, message: string, location?: string) {
    super(message);
    this.name = 'ApiError';
    this.reason = reason;
    this.location = location;
  }

  get httpCode(): number {
    return STATUS_OF_REASON[this.reason].code;
  }
}

/** The entry that names this error in a list of errors. */
export function errorProto(error: ApiError): ErrorProto {
  const { reason, message, location } = error;
  return { reason, message, ...(location === undefined ? {} : { location }) };
}

/** The body of an HTTP error answer. */
export function errorBody(error: ApiError): { error: Record<string, unknown> } {
  const { code, status } = STATUS_OF_REASON[error.reason];
  const locationType = error.location === undefined ? {} : { locationType: 'parameter' };
  return {
    error: {
      code,
      message: error.message,
      errors: [{ ...errorProto(error), domain: 'global', ...locationType }],
      status,
    },
  };
}

/** Any thrown value as an `ApiError`; what is not ours becomes `internalError`. */
export function asApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  return new ApiError('internalError', thrown instanceof Error ? thrown.message : String(thrown));
}
