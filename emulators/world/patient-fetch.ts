// A request that is sent again while its answer may be better next time: no connection, 408, 429, 5xx.

/** As much of `fetch` as the world uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Waits in real time; rejects when the world is stopped. */
export type Pause = (waitMs: number) => Promise<void>;

const ATTEMPTS = 10;
const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 4_000;
/** A request without an answer for this long has failed. */
const REQUEST_TIMEOUT_MS = 20_000;

export interface PatientDeps {
  /** Who asks, for messages. */
  who: string;
  fetch: Fetch;
  pause: Pause;
}

/** The answer, or the last of many that were none, and how many attempts had to be repeated. */
export async function fetchPatiently(
  { who, fetch, pause }: PatientDeps,
  url: string,
  init: RequestInit,
): Promise<{ response: Response; repeats: number }> {
  for (let repeats = 0; ; repeats += 1) {
    const isLast = repeats + 1 >= ATTEMPTS;
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      if (isLast || !isTransient(response.status)) return { response, repeats };
      await response.arrayBuffer();
    } catch (error) {
      if (isLast) throw new Error(`${who}: no answer from ${url} in ${ATTEMPTS} attempts`, { cause: error });
    }
    await pause(Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** repeats));
  }
}

function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
