// audit: how far the markets' allocations are from the best there is, by the exact solver. For every night, not every tick.
import { servedLines } from '../campaign/serve-entries.ts';
import { allocate } from '../planning/allocation.ts';
import { allocateExactly, type LinearSolver } from '../planning/exact-allocation.ts';
import { modelMarket } from '../planning/market-model.ts';
import { readViews } from '../store/market-views.ts';
import { instantOption, pathPart, textOption, UsageError, type Command, type Ports } from './command.ts';
import { formatMicros } from './format-values.ts';
import { unknownMarket } from './nearest.ts';
import { formatTable } from './table.ts';

/** An allocation this far below the optimum is worth a look. */
const MOST_GAP = 0.001;

interface Audited {
  market: string;
  lines: number;
  edges: number;
  /** What lines are expected to be delivered by the rest of their flights, without fairness, micros. */
  plannedMicros: number;
  bestMicros: number;
  /** The share of the best that is missed. */
  gap: number;
  /** The share of the best that fairness gives up. */
  fairnessCost: number;
}

export const audit: Command = {
  name: 'audit',
  summary: 'compare every market’s allocation with the exact optimum',
  usage: ['audit [--market M] [--at INSTANT] [--json]'],
  options: {
    market: { type: 'string', value: 'M', help: 'one market; without it, every market' },
    at: { type: 'string', value: 'INSTANT', help: 'plan from this time instead of now, RFC 3339' },
  },
  notes: [
    'Allocates the live books over the median of supply as a tick does, and again exactly (HiGHS, interior point).',
    `Exit code 1: an allocation is more than ${MOST_GAP * 100}% below the optimum. Nothing is written.`,
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('audit takes options only, such as --market SE');
    const wanted = textOption(args, 'market');
    const nowMs = instantOption(args, 'at') ?? context.clock();
    const { ports } = await context.connect();
    const known = await ports.store.markets();
    if (wanted !== undefined && !known.includes(pathPart(wanted, 'a market'))) {
      const text = unknownMarket(wanted, known);
      return { exit: 'different', text, json: { error: { message: text } } };
    }
    const markets = wanted === undefined ? known : [wanted];
    // The solver is megabytes of WebAssembly: other commands do not wait for it.
    const solver = await (await import('./highs-solver.ts')).loadHighsSolver({ crossover: true });
    const audited: Audited[] = [];
    for (const market of markets) {
      audited.push(await auditMarket(market, { ports, nowMs, solver }));
      if (markets.length > 1) context.progress(`${audited.length} of ${markets.length} markets`);
    }
    return conclude(audited);
  },
};

function conclude(audited: readonly Audited[]) {
  const rows = audited.map((one) => [
    one.market,
    one.lines,
    one.edges,
    formatMicros(Math.round(one.plannedMicros)),
    formatMicros(Math.round(one.bestMicros)),
    `${(one.gap * 100).toFixed(4)}%`,
    `${(one.fairnessCost * 100).toFixed(2)}%`,
  ]);
  const far = audited.filter(({ gap }) => gap > MOST_GAP);
  const table = formatTable(['market', 'lines', 'edges', 'planned', 'best', 'missed', 'given for fairness'], rows);
  const verdict = far.length === 0 ? 'every allocation is within' : `${far.length} allocations miss`;
  const text = `${table}\n${verdict} ${MOST_GAP * 100}% of the optimum`;
  return { exit: far.length === 0 ? ('ok' as const) : ('different' as const), text, json: { markets: audited } };
}

async function auditMarket(
  market: string,
  { ports, nowMs, solver }: { ports: Ports; nowMs: number; solver: LinearSolver },
): Promise<Audited> {
  const need = { market, pages: 'all' as const, days: [], soldFromAtMs: nowMs };
  const view = (await readViews(ports.store, [need])).get(market);
  const lines = servedLines(view?.pages.flatMap((page) => page.entries) ?? [], view?.market.serving, nowMs).filter(
    (line) => !line.isAuctioned,
  );
  const factor = view?.market.nowcast?.factor ?? 1;
  const { problem } = modelMarket(lines, view?.supply ?? new Map(), nowMs, ({ q50 }) => q50 * factor);
  const plannedMicros = allocate(problem, { fairness: false }).value;
  const bestMicros = allocateExactly(solver, problem, { fairness: false }).value;
  const missed = (micros: number) => (bestMicros > 0 ? Math.max(0, 1 - micros / bestMicros) : 0);
  return {
    market,
    lines: lines.length,
    edges: problem.edgeCell.length,
    plannedMicros,
    bestMicros,
    gap: missed(plannedMicros),
    fairnessCost: missed(allocate(problem).value),
  };
}
