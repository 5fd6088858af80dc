import assert from 'node:assert/strict';
import { AndanteError } from '../../../shared/runtime/errors.ts';
import { AlreadyExists } from '../../../shared/store/allocation-store.ts';
import { translateFirestoreError } from '../../../shared/store/firestore-error.ts';

/** An error as gRPC makes it. */
function grpcError(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('an error of Firestore', () => {
  const passing = [
    [1, 'CANCELLED'],
    [2, 'UNKNOWN'],
    [4, 'DEADLINE_EXCEEDED'],
    [8, 'RESOURCE_EXHAUSTED'],
    [10, 'ABORTED'],
    [13, 'INTERNAL'],
    [14, 'UNAVAILABLE'],
  ] as const;
  for (const [code, name] of passing) {
    it(`passes where it is ${name}: the message is delivered again`, () => {
      const cause = grpcError(code, 'x');
      const error = translateFirestoreError(cause);
      assert(error instanceof AndanteError);
      assert.deepEqual(
        [error.code, error.retryable, error.message, error.cause],
        ['STORE_UNAVAILABLE', true, `Firestore answered ${name}`, cause],
      );
    });
  }

  it('passes where a transaction was over, whatever its status: its commit may have been made', () => {
    for (const [code, message] of [
      [3, 'The referenced transaction has expired or is no longer valid.'],
      [10, '10 ABORTED: Transaction is invalid or closed.'],
    ] as const) {
      const cause = grpcError(code, message);
      const error = translateFirestoreError(cause);
      assert(error instanceof AndanteError);
      assert.deepEqual(
        [error.code, error.message, error.cause],
        ['STORE_UNAVAILABLE', 'Firestore did not say what became of a commit', cause],
      );
    }
  });

  it('says that a document exists where it was to be created', () => {
    const cause = grpcError(6, 'Document already exists: projects/x');
    const error = translateFirestoreError(cause);
    assert(error instanceof AlreadyExists);
    assert.deepEqual([error.message, error.cause], ['the document exists', cause]);
  });

  it('is handed on as it is where trying again would come to the same', () => {
    const others = [
      ...[0, 3, 5, 7, 9, 11, 12, 15, 16].map((code) => grpcError(code, 'x')),
      new TypeError('x is not a function'),
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      { message: 14 },
      'thrown text',
    ];
    for (const error of others) assert.equal(translateFirestoreError(error), error);
  });
});
