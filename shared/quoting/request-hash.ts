// A name for a quote: the same for the same request of the same state of its markets, whatever order the request's fields came in.

/**
 * Two 32-bit multiplicative hashes side by side, 16 hex digits: for telling quotes apart, not against forgery.
 * @param value JSON
 * @param seed text that the value is hashed after
 */
export function requestHash(value: unknown, seed: string): string {
  const state = { one: 0xdeadbeef, other: 0x41c6ce57 };
  addText(state, seed);
  add(state, value);
  const finish = (hash: number, with_: number): number =>
    (Math.imul(hash ^ (hash >>> 16), 2_246_822_507) ^ Math.imul(with_ ^ (with_ >>> 13), 3_266_489_909)) >>> 0;
  return hex(finish(state.other, state.one)) + hex(finish(state.one, state.other));
}

interface State {
  one: number;
  other: number;
}

function add(state: State, value: unknown): void {
  if (Array.isArray(value)) {
    addCode(state, value.length + 0x10000);
    for (const item of value) add(state, item);
  } else if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).sort();
    addCode(state, names.length + 0x20000);
    for (const name of names) {
      addText(state, name);
      add(state, (value as Record<string, unknown>)[name]);
    }
  } else {
    addText(state, `${typeof value} ${String(value)}`);
  }
}

function addText(state: State, text: string): void {
  addCode(state, text.length + 0x30000);
  for (let at = 0; at < text.length; at++) addCode(state, text.charCodeAt(at));
}

function addCode(state: State, code: number): void {
  state.one = Math.imul(state.one ^ code, 2_654_435_761);
  state.other = Math.imul(state.other ^ code, 1_597_334_677);
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
