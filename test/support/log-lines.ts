// A log that keeps its lines as objects.
import { createLog, type Log } from '../../shared/runtime/log.ts';

export interface LogLines {
  log: Log;
  lines: Record<string, unknown>[];
}

export function logLines(): LogLines {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) };
  return { log: createLog({ level: 'info', projectId: 'demo-andante', destination }), lines };
}
