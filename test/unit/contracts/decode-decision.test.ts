import assert from 'node:assert/strict';
import { decodeDecision, requestIdOf, splitLines } from '../../../shared/contracts/decode-decision.ts';
import type { DecisionRequestWire } from '../../../shared/contracts/decision.ts';

const good: DecisionRequestWire = {
  requestId: 'r-1',
  market: 'SE',
  segment: 'casual',
  surface: 'home',
  at: '2026-03-02T00:00:00Z',
  listener: { id: 'l1' },
};

const full: DecisionRequestWire = {
  ...good,
  listener: {
    id: 'l1',
    responseMultiplier: 1.5,
    age: 30,
    refusesExplicit: true,
    seen: [{ subcampaignId: 's1', campaignId: 'c1', today: 1, flight: 2 }],
    releaseIds: ['r1'],
    artistIds: ['a1'],
    fullScreens: 1,
  },
  slots: 3,
  offers: [{ offerId: 'o1', buyer: 'b1', cpmMicros: 0 }],
  spent: [{ campaignId: 'c1', subcampaignId: 's2' }],
  planHash: 'a'.repeat(64),
  explain: true,
};

describe('the request for a decision', () => {
  for (const [name, wire] of Object.entries({ 'the least': good, 'all there is': full })) {
    it(`with ${name} is taken, its instant in milliseconds`, () => {
      const { at: _at, ...rest } = wire;
      assert.deepEqual(decodeDecision(JSON.stringify(wire)), { ...rest, atMs: Date.parse('2026-03-02T00:00:00Z') });
    });
  }

  const wrong: { name: string; text: string; code: string; message: RegExp }[] = [
    { name: 'no JSON', text: '{', code: 'BAD_JSON', message: /must be JSON/ },
    { name: 'an empty line', text: '', code: 'BAD_JSON', message: /must be JSON/ },
    ...(
      [
        ['a number', 5, /^the body must be object/],
        ['nothing', null, /^the body must be object/],
        ['a list', [good], /^the body must be object/],
        ['no listener', { ...good, listener: undefined }, /required property 'listener'/],
        ['no instant', { ...good, at: undefined }, /required property 'at'/],
        ['a day that no calendar has', { ...good, at: '2026-02-30T00:00:00Z' }, /^\/at must be an instant that exists/],
        ['an instant of milliseconds', { ...good, at: 5 }, /^\/at must be string/],
        ['a field that is none', { ...good, color: 'red' }, /additional properties \(color\)/],
        [
          'a negative offer',
          { ...full, offers: [{ offerId: 'o', buyer: 'b', cpmMicros: -1 }] },
          /cpmMicros must be >= 0/,
        ],
        [
          'half a micro',
          { ...full, offers: [{ offerId: 'o', buyer: 'b', cpmMicros: 0.5 }] },
          /cpmMicros must be integer/,
        ],
        ['no slots', { ...good, slots: 0 }, /^\/slots must be >= 1/],
        ['nine slots', { ...good, slots: 9 }, /^\/slots must be <= 8/],
        [
          'an absurd listener',
          { ...good, listener: { id: 'l', responseMultiplier: 1e9 } },
          /responseMultiplier must be <= 1000/,
        ],
        ['a name for a listener', { ...good, listener: { id: 'Anna Å' } }, /^\/listener\/id must match pattern/],
        ['a market that climbs', { ...good, market: '../x' }, /^\/market must match pattern/],
        ['a hash that is none', { ...good, planHash: 'A'.repeat(64) }, /^\/planHash must match pattern/],
      ] as const
    ).map(([name, wire, message]) => ({ name, text: JSON.stringify(wire), code: 'INVALID_REQUEST', message })),
    {
      name: 'a key that reaches into prototypes',
      text: JSON.stringify(good).replace('"market"', '"__proto__":{"explain":true},"market"'),
      code: 'INVALID_REQUEST',
      message: /additional properties \(__proto__\)/,
    },
    {
      name: 'a price that overflows to infinity',
      text: JSON.stringify(full).replace('"cpmMicros":0', '"cpmMicros":1e999'),
      code: 'INVALID_REQUEST',
      message: /cpmMicros must be/,
    },
    {
      name: 'a hundred thousand brackets',
      text: `{"listener":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      code: 'INVALID_REQUEST',
      message: /must/,
    },
  ];
  for (const { name, text, code, message } of wrong) {
    it(`is refused as ${code} for ${name}`, () => {
      assert.throws(() => decodeDecision(text), { code, message });
    });
  }

  it('that is refused is answered by its id, where it has one', () => {
    assert.equal(requestIdOf('{"requestId":"r:1","x":1}'), 'r:1');
    for (const text of ['', '{', 'null', '5', '[]', '{}', '{"requestId":5}', '{"requestId":""}', '{"requestId":"é"}'])
      assert.equal(requestIdOf(text), undefined, text);
    assert.equal(requestIdOf(`{"requestId":"${'x'.repeat(65)}"}`), undefined);
  });
});

describe('a batch', () => {
  it('has a line for each newline between, and none for the last', () => {
    assert.deepEqual(splitLines('a'), ['a']);
    assert.deepEqual(splitLines('a\n'), ['a']);
    assert.deepEqual(splitLines('a\nb\r\n'), ['a', 'b\r']);
    assert.deepEqual(splitLines('a\n\nb\n'), ['a', '', 'b']);
    assert.deepEqual(splitLines('\n'), ['']);
  });

  it('has at least one line and at most a thousand', () => {
    assert.throws(() => splitLines(''), { code: 'INVALID_REQUEST', message: 'a batch has at least one line' });
    assert.equal(splitLines('x\n'.repeat(1_000)).length, 1_000);
    assert.equal(splitLines('x\n'.repeat(1_000).slice(0, -1)).length, 1_000);
    for (const text of ['x\n'.repeat(1_001), 'x\n'.repeat(1_001).slice(0, -1), '\n'.repeat(100_000)])
      assert.throws(() => splitLines(text), { code: 'BODY_TOO_LARGE', message: 'a batch has at most 1000 lines' });
  });
});
