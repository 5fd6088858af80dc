// How requests are refused: problem+json (RFC 9457) for a whole one, an object in its place for one of a batch.
import Type, { type Static } from 'typebox';
import { httpCodes, permanentCodes, programmerCodes, transientCodes } from '../runtime/errors.ts';
import { closed, oneOf } from './scalars.ts';

const codes = [...permanentCodes, ...transientCodes, ...programmerCodes, ...httpCodes, 'INTERNAL'] as const;

const ProblemCode = oneOf(...codes);
const Detail = Type.String({ maxLength: 2000 });

/** `application/problem+json`. The README explains each code. */
export const Problem = closed({
  status: Type.Integer({ minimum: 400, maximum: 599 }),
  code: ProblemCode,
  detail: Detail,
});

/** What stands where the answer would, for a request of a batch. */
export const Refusal = closed({
  /** Where the request could be read that far. */
  requestId: Type.Optional(Type.String({ maxLength: 64 })),
  error: closed({ code: ProblemCode, message: Detail }),
});

export type Problem = Static<typeof Problem>;
