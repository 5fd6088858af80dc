// Records the golden vectors of exact availability: small markets with what HiGHS says is matched, possible and
// available for their last line. `node test/golden/availability/record.ts` writes vectors.json anew; then
// `npm run format`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../../../emulators/world/random.ts';
import { openGainFlow, routeGain } from '../../../shared/planning/gain-flow.ts';
import { drawInstance, kinds } from '../../bench/availability-instances.ts';
import { loadHighs, mostByLp } from '../../bench/availability-lp.ts';

const highs = await loadHighs();
const vectors = kinds.flatMap((kind) =>
  [0.6, 0.95, 1.15].map((load) => {
    const random = createRandom('golden availability', kind, load);
    const problem = drawInstance(random, { kind, hasCaps: load === 0.95, cells: 6, lines: 8, load });
    const last = problem.demand.length - 1;
    const book = openGainFlow(problem);
    const delivered = Array.from(problem.demand, (demand, line) => routeGain(book, line, demand));
    const priority = delivered.map(() => Math.floor(random() * 3));
    const most = (isKept: (line: number) => boolean) =>
      mostByLp(highs, problem, last, (line) => (isKept(line) ? delivered[line] : undefined));
    return {
      name: `${kind} at load ${load}${load === 0.95 ? ', with caps' : ''}`,
      supply: [...problem.supply],
      demand: [...problem.demand],
      lineStart: [...problem.lineStart],
      edgeCell: [...problem.edgeCell],
      use: [...problem.use],
      // JSON has no Infinity: null is no cap.
      cap: Array.from(problem.cap, (units) => (units === Infinity ? null : units)),
      delivered,
      priority,
      matched: most(() => false),
      possible: most((line) => (priority[line] as number) < (priority[last] as number)),
      available: most(() => true),
    };
  }),
);
await writeFile(join(import.meta.dirname, 'vectors.json'), `${JSON.stringify(vectors)}\n`);
