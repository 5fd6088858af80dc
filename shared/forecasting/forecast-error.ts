// What forecasting throws for input that no forecast can be made of.

export type ForecastErrorCode = 'INVALID_SERIES' | 'INVALID_HISTOGRAM' | 'INVALID_RESPONSE' | 'INVALID_QUOTE';

/** The input names its own fault: nothing was forecast, nothing else changed. */
export class ForecastError extends Error {
  readonly code: ForecastErrorCode;

  constructor(code: ForecastErrorCode, message: string) {
    super(message);
    this.name = 'ForecastError';
    this.code = code;
  }
}
