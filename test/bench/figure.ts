// What a bench found, beside what it must reach, for people and for programs.
import { arch, availableParallelism, cpus, platform } from 'node:os';
import { formatTable } from '../../shared/cli/table.ts';

export type Bar = { atMost: number } | { atLeast: number };

export interface Figure {
  name: string;
  measured: number;
  unit: string;
  /** Absent for what is only worth knowing. */
  bar?: Bar;
}

export interface BenchResult {
  figures: Figure[];
  /** What was assumed and how it was measured. */
  notes: string[];
  /** Numbers that a program finds at the top of the JSON object. */
  fields?: Readonly<Record<string, number>>;
}

/** Where the figures were taken. */
export interface Machine {
  cores: number;
  cpu: string;
  platform: string;
  node: string;
}

export function thisMachine(): Machine {
  const cpu = cpus()[0]?.model.trim() ?? 'unknown';
  return { cores: availableParallelism(), cpu, platform: `${platform()}-${arch()}`, node: process.version };
}

/** Whether a figure reaches its bar; one that is no number does not. */
export function isMissed({ measured, bar }: Figure): boolean {
  if (!bar) return false;
  return !('atMost' in bar ? measured <= bar.atMost : measured >= bar.atLeast);
}

/** The process's exit code: 1 when any figure misses its bar. */
export function exitCodeOf(figures: readonly Figure[]): 0 | 1 {
  return figures.some(isMissed) ? 1 : 0;
}

/** An aligned table: figure, measured, bar, ok or MISSED. */
export function formatFigures(figures: readonly Figure[]): string {
  return formatTable(
    ['figure', 'measured', 'unit', 'bar', ''],
    figures.map((figure) => [
      figure.name,
      formatNumber(figure.measured),
      figure.unit,
      formatBar(figure.bar),
      verdict(figure),
    ]),
  );
}

/** The result as one JSON object. */
export function toJson(bench: string, { figures, notes, fields }: BenchResult, machine: Machine) {
  const missed = figures.filter(isMissed).map(({ name }) => name);
  const judged = figures.map((figure) => (figure.bar ? { ...figure, ok: !isMissed(figure) } : figure));
  return { bench, ...fields, ok: missed.length === 0, missed, figures: judged, notes, machine };
}

function verdict(figure: Figure): string {
  if (!figure.bar) return '';
  return isMissed(figure) ? 'MISSED' : 'ok';
}

function formatBar(bar: Bar | undefined): string {
  if (!bar) return '';
  return 'atMost' in bar ? `<= ${formatNumber(bar.atMost)}` : `>= ${formatNumber(bar.atLeast)}`;
}

/** Four digits that matter, no exponents for what people read as money or counts. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value)) return String(value);
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 8));
}
