// The requests that live prices are solved on: the newest that reports sampled, as a market remembers them.
import { MAX_SAMPLE, MAX_SAMPLE_CELLS, type Market } from '../contracts/documents.ts';
import type { SupplyObserved } from '../contracts/outcomes.ts';

type Sample = NonNullable<Market['sample']>;
type Request = SupplyObserved['sample'][number];

/** What is remembered after these observations; the oldest requests make room. */
export function rememberSample(known: Sample | undefined, observed: readonly SupplyObserved[]): Sample | undefined {
  const fresh = observed.flatMap(({ sample }) => sample);
  if (fresh.length === 0) return known;
  const old = (known?.cell ?? []).map((place, index) => ({
    ...(known?.cells[place] as Sample['cells'][number]),
    responseMultiplier: known?.responseMultiplier[index] as number,
    offerCpmMicros: known?.offerCpmMicros?.[index] ?? 0,
  }));
  const kept = ofFewCells([...old, ...fresh].slice(-MAX_SAMPLE));
  const places = new Map<string, number>();
  const cells: Sample['cells'] = [];
  const cell = kept.map((request) => {
    const { segment, surface } = request;
    const name = cellName(request);
    const place = places.get(name) ?? cells.push({ segment, surface }) - 1;
    places.set(name, place);
    return place;
  });
  // Three digits are more than a forecast knows of a listener.
  const responseMultiplier = kept.map((request) => Math.round(request.responseMultiplier * 1000) / 1000);
  const offerCpmMicros = kept.map((request) => request.offerCpmMicros ?? 0);
  const isOffered = offerCpmMicros.some((cpmMicros) => cpmMicros > 0);
  return { cells, cell, responseMultiplier, ...(isOffered ? { offerCpmMicros } : {}) };
}

/** Without the requests of the cells that were seen last the longest ago: reports name cells that nobody else knows, too. */
function ofFewCells(requests: readonly Request[]): readonly Request[] {
  const newestFirst = new Set(requests.toReversed().map(cellName));
  if (newestFirst.size <= MAX_SAMPLE_CELLS) return requests;
  const kept = new Set([...newestFirst].slice(0, MAX_SAMPLE_CELLS));
  return requests.filter((request) => kept.has(cellName(request)));
}

function cellName({ segment, surface }: Pick<Request, 'segment' | 'surface'>): string {
  return `${segment} ${surface}`;
}
