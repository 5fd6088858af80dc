// For values that are mostly at hand: on the functions framework, which follows every promise, each costs microseconds.

/** Goes on with a value at once, or when it is here. */
export function whenHere<T, R>(value: T | Promise<T>, then: (value: T) => R | Promise<R>): R | Promise<R> {
  return value instanceof Promise ? value.then(then) : then(value);
}
