// Instances of allocation in files: cells, lines and edges, as people or programs write them.
import { readFile, writeFile } from 'node:fs/promises';
import { createProblem, type CreatedProblem } from '../../shared/planning/create-problem.ts';
import { PlanningError } from '../../shared/planning/planning-error.ts';
import { UsageError } from './usage-error.ts';

export interface FileInstance {
  problem: CreatedProblem;
  lineIds: string[];
}

/**
 * {"cells": [{"id", "supply"}], "lines": [{"id", "demand", "price"}], "edges": [[cell, line, use, worth, cap]]}: cell
 * and line by index or by id; use 1, worth the line's price and no cap when left out or null.
 * @throws UsageError for a file that is not there, no JSON, or makes no sense; it names the file and the place
 */
export async function readInstance(path: string): Promise<FileInstance> {
  const fail = (message: string) => new UsageError(`${path}: ${message}`);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fail(`cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw fail(`is no JSON: ${(error as Error).message}`);
  }
  try {
    return toInstance(body);
  } catch (error) {
    if (error instanceof PlanningError || error instanceof UsageError) throw fail(error.message);
    throw error;
  }
}

/** Writes what each edge gets, in the order of the instance's file. */
export async function writeAllocation(path: string, problem: CreatedProblem, y: Float64Array): Promise<void> {
  const inOrder = Array.from(problem.edgePosition, (position) => y[position]);
  try {
    await writeFile(path, `${JSON.stringify({ y: inOrder })}\n`);
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function toInstance(body: unknown): FileInstance {
  const { cells, lines, edges } = (body ?? {}) as Record<string, unknown>;
  for (const [name, list] of Object.entries({ cells, lines, edges })) {
    if (!Array.isArray(list)) throw new UsageError(`${name} must be an array`);
  }
  const cellRows = (cells as unknown[]).map((row, index) => asRow(row, `cells[${index}]`));
  const lineRows = (lines as unknown[]).map((row, index) => asRow(row, `lines[${index}]`));
  const supply = cellRows.map((row, index) => asNumber(row['supply'], `cells[${index}].supply`));
  const demand = lineRows.map((row, index) => asNumber(row['demand'], `lines[${index}].demand`));
  const price = lineRows.map(({ price: own }, index) => asNumber(own ?? 1, `lines[${index}].price`));
  const cellIndex = indexOf(cellRows, 'cells');
  const lineIndex = indexOf(lineRows, 'lines');
  const columns = {
    cell: [] as number[],
    line: [] as number[],
    use: [] as number[],
    worth: [] as number[],
    cap: [] as number[],
  };
  (edges as unknown[]).forEach((edge, index) => {
    const place = `edges[${index}]`;
    if (!Array.isArray(edge) || edge.length < 2 || edge.length > 5) {
      throw new UsageError(`${place} must be [cell, line, use, worth, cap], the last three optional`);
    }
    const [cell, line, use, worth, cap] = edge as unknown[];
    const own = asIndex(line, lineIndex, `the line of ${place}`);
    columns.cell.push(asIndex(cell, cellIndex, `the cell of ${place}`));
    columns.line.push(own);
    columns.use.push(asNumber(use ?? 1, `the use of ${place}`));
    columns.worth.push(asNumber(worth ?? price[own] ?? 1, `the worth of ${place}`));
    columns.cap.push(asNumber(cap ?? Infinity, `the cap of ${place}`));
  });
  const problem = createProblem({ supply, demand, edges: columns });
  return { problem, lineIds: lineRows.map(({ id }, index) => idOf(id, index)) };
}

function asRow(row: unknown, place: string): Record<string, unknown> {
  if (row === null || typeof row !== 'object') throw new UsageError(`${place} must be an object`);
  return row as Record<string, unknown>;
}

function asNumber(value: unknown, place: string): number {
  if (typeof value === 'number') return value;
  throw new UsageError(`${place} must be a number, not ${JSON.stringify(value) ?? 'nothing'}`);
}

/** A row without an id is called by its index. */
function idOf(id: unknown, index: number): string {
  return typeof id === 'string' || typeof id === 'number' ? String(id) : String(index);
}

function indexOf(rows: readonly Record<string, unknown>[], list: string): Map<string, number> {
  const byId = new Map<string, number>();
  rows.forEach(({ id }, index) => {
    if (typeof id === 'string' && byId.has(id))
      throw new UsageError(`${list}[${index}] has the id ${id} a second time`);
    if (typeof id === 'string') byId.set(id, index);
  });
  return byId;
}

/** A number is an index, which createProblem checks; a text is an id. */
function asIndex(value: unknown, byId: Map<string, number>, place: string): number {
  if (typeof value === 'number') return value;
  const index = typeof value === 'string' ? byId.get(value) : undefined;
  if (index === undefined)
    throw new UsageError(`${place} must be an index or a known id, not ${JSON.stringify(value) ?? 'nothing'}`);
  return index;
}
