import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeInstants, encodeInstants, formatInstant, parseInstant } from '../../../shared/contracts/instants.ts';

const known = [
  { text: '2026-03-02T00:00:00Z', atMs: 1772409600000 },
  { text: '2026-03-02T01:00:00+01:00', atMs: 1772409600000 },
  { text: '2026-03-02T00:00:00.123456789Z', atMs: 1772409600123 },
  { text: '2028-02-29T00:00:00Z', atMs: 1835395200000 },
  { text: '1970-01-01T00:00:00Z', atMs: 0 },
  { text: '9999-12-31T23:59:59.999Z', atMs: 253402300799999 },
];

const impossible = [
  '2026-02-30T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-04-31T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '2026-00-01T00:00:00Z',
  '2026-01-00T00:00:00Z',
  '2026-01-01T25:00:00Z',
  '2026-01-01T00:60:00Z',
  '2026-01-01T00:00:60Z',
  '1969-12-31T23:59:59Z',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59-12:00',
  'soon',
];

describe('instants', () => {
  for (const { text, atMs } of known) {
    it(`reads ${text}`, () => assert.equal(parseInstant(text, '/at'), atMs));
  }
  for (const text of impossible) {
    it(`refuses ${text}, naming the field`, () => {
      assert.throws(() => parseInstant(text, '/data/startAt'), {
        path: '/data/startAt',
        message: /^\/data\/startAt must be an instant that exists/,
      });
    });
  }

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799999 }), (atMs) =>
        assert.equal(parseInstant(formatInstant(atMs), '/at'), atMs),
      ),
    );
  });

  it('decodes and encodes instants however deep, and nothing else', () => {
    const decoded = {
      atMs: 5,
      startAtMs: 1772409600000,
      list: [{ hourAtMs: 0, name: 'at' }],
      At: 'word',
      nothing: null,
      flat: [1, 'x'],
    };
    const wire = encodeInstants(decoded);
    assert.deepEqual(wire, {
      atMs: 5,
      startAt: '2026-03-02T00:00:00.000Z',
      list: [{ hourAt: '1970-01-01T00:00:00.000Z', name: 'at' }],
      At: 'word',
      nothing: null,
      flat: [1, 'x'],
    });
    const { At: _word, ...rest } = wire as Record<string, unknown>;
    const { At: _known, ...expected } = decoded;
    assert.deepEqual(decodeInstants(rest), expected);
  });
});
