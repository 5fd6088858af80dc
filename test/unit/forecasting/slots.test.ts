import assert from 'node:assert/strict';
import { assertCap, assertOfferRate, assertSlots } from '../../../shared/forecasting/slots.ts';

const refused = (run: () => void, message: RegExp) => assert.throws(run, { code: 'INVALID_HISTOGRAM', message });

describe('a histogram of slots', () => {
  it('may be empty, of nobody, or of parts of listeners', () => {
    assertSlots({ slots: [], listeners: [] });
    assertSlots({ slots: [0, 3, 1e6], listeners: [0, 1e-300, 1e15] });
  });

  const wrong: { name: string; slots: number[]; listeners: number[]; message: RegExp }[] = [
    { name: 'two lengths', slots: [1, 2], listeners: [1], message: /2 numbers of slots for 1 of listeners/ },
    { name: 'a part of a slot', slots: [1.5], listeners: [1], message: /bin 0 is of 1.5 slots/ },
    { name: 'negative slots', slots: [-1], listeners: [1], message: /bin 0 is of -1 slots/ },
    { name: 'slots twice', slots: [2, 2], listeners: [1, 1], message: /bin 1 is of 2 slots, .* above 2/ },
    { name: 'falling slots', slots: [2, 1], listeners: [1, 1], message: /bin 1 is of 1 slots/ },
    { name: 'endless slots', slots: [Infinity], listeners: [1], message: /bin 0 is of Infinity slots/ },
    { name: 'slots that are no number', slots: [NaN], listeners: [1], message: /bin 0 is of NaN slots/ },
    { name: 'too many slots', slots: [1e10], listeners: [1], message: /up to 1000000000/ },
    { name: 'negative listeners', slots: [1], listeners: [-1], message: /bin 0 has -1 listeners/ },
    { name: 'listeners that are no number', slots: [1], listeners: [NaN], message: /bin 0 has NaN listeners/ },
    { name: 'endless listeners', slots: [1], listeners: [1e300], message: /bin 0 has 1e\+300 listeners/ },
  ];
  for (const { name, slots, listeners, message } of wrong) {
    it(`has not ${name}`, () => refused(() => assertSlots({ slots, listeners }), message));
  }
});

describe('an offer rate', () => {
  it('is a probability', () => {
    for (const rate of [0, 1e-300, 0.5, 1]) assertOfferRate(rate);
    for (const rate of [-1e-9, 1 + 1e-9, NaN, Infinity]) refused(() => assertOfferRate(rate), /from 0 to 1, not/);
  });
});

describe('a cap', () => {
  it('is a whole number, or none', () => {
    for (const cap of [0, 1, 1e6, Infinity]) assertCap(cap);
    for (const cap of [-1, 1.5, NaN, -Infinity]) refused(() => assertCap(cap), /a whole number of at least 0/);
  });
});
