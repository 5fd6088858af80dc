import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import {
  currentHandling,
  currentTrace,
  describeAs,
  endWith,
  inTrace,
  keepHandling,
} from '../../../shared/runtime/handling.ts';
import { isTraceparent, messageTraceparent, newTraceparent } from '../../../shared/runtime/traceparent.ts';
import { TRACEPARENT, inHand } from '../../support/in-hand.ts';

const other = newTraceparent();

describe('what a function has in hand', () => {
  it('is each one’s own, however many are at work', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        inHand(async () => {
          describeAs({ market: `M${index}` });
          await new Promise((resolve) => setTimeout(resolve, index % 3));
          endWith({ quotes: index });
          return currentHandling()?.about.market;
        }),
      ),
    );
    all.forEach(({ answer, about, ending }, index) =>
      assert.deepEqual([answer, about, ending], [`M${index}`, { market: `M${index}` }, { quotes: index }]),
    );
  });

  it('is nothing outside of functions, and what is said of it then is lost', () => {
    describeAs({ market: 'SE' });
    endWith({ outcome: 'held' });
    assert.deepEqual([currentHandling(), currentTrace()], [undefined, {}]);
    assert.deepEqual(
      inTrace(other, () => currentTrace()),
      {},
    );
  });

  it('may go on in the trace of what led to it, and says the same of itself', async () => {
    const { about } = await inHand(async () => {
      await inTrace(other, async () => {
        await Promise.resolve();
        assert.deepEqual(currentTrace(), { traceparent: other });
        describeAs({ event: 'e1' });
      });
      assert.deepEqual(currentTrace(), { traceparent: TRACEPARENT });
      assert.deepEqual(
        inTrace(undefined, () => currentTrace()),
        { traceparent: TRACEPARENT },
      );
    });
    assert.deepEqual(about, { event: 'e1' });
  });

  it('stays in hand of a stream, whoever asks for its pieces', async () => {
    const seen: unknown[] = [];
    async function* pieces() {
      try {
        seen.push(currentTrace().traceparent);
        yield 1;
        await Promise.resolve();
        seen.push(currentTrace().traceparent);
        yield 2;
      } finally {
        seen.push(currentTrace().traceparent);
      }
    }
    const reader = new EventEmitter();
    const { answer: kept } = await inHand(async () => keepHandling(pieces()));
    for await (const piece of kept) {
      setImmediate(() => reader.emit('drained'));
      await once(reader, 'drained');
      if (piece === 2) break;
    }
    assert.deepEqual(seen, [TRACEPARENT, TRACEPARENT, TRACEPARENT]);
  });
});

describe('a traceparent', () => {
  it('is new for each request, and one for all attempts of a message', () => {
    const made = Array.from({ length: 100 }, newTraceparent);
    assert(made.every(isTraceparent));
    assert.equal(new Set(made.map((text) => text.slice(3, 35))).size, 100);
    const of = (attempt: number) => messageTraceparent(undefined, { topic: 't', messageId: '7', attempt });
    assert(isTraceparent(of(1)) && of(1) === of(1) && of(1) !== of(2));
    assert.equal(of(1).slice(0, 36), of(2).slice(0, 36));
  });

  for (const { name, text } of [
    { name: 'nothing', text: undefined },
    { name: 'too little', text: '00-a' },
    { name: 'a trace of zeros', text: TRACEPARENT.replace(/[0-9a-f]{32}/, '0'.repeat(32)) },
    { name: 'a span of zeros', text: TRACEPARENT.replace('b7ad6b7169203331', '0'.repeat(16)) },
    { name: 'capitals', text: TRACEPARENT.toUpperCase() },
    { name: 'another version', text: TRACEPARENT.replace(/^00/, 'ff') },
    { name: 'two of them', text: `${TRACEPARENT}, ${TRACEPARENT}` },
  ])
    it(`is not ${name}`, () => assert(!isTraceparent(text)));
});
