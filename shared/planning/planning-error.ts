// Errors of planning: what was handed in makes no sense as a problem.

export type PlanningErrorCode = 'INVALID_PROBLEM' | 'INVALID_CURVE';

/** Bad input of a planning function; the message names what was wrong and its value. */
export class PlanningError extends Error {
  override readonly name = 'PlanningError';
  readonly code: PlanningErrorCode;

  constructor(code: PlanningErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
