// One JSON object per line in the form Cloud Logging reads: severity, message, time, what is in hand with its trace, and the
// fields of the event. Lines go to the descriptor itself: the framework's own way to mark them with its execution id
// (LOG_EXECUTION_ID) parses and writes again every line that passes process.stdout. They are marked here.
import { pino } from 'pino';
import type { LogFields, LogMessage } from '../contracts/log-line.ts';
import { currentHandling } from './handling.ts';
import { spanIdOf, traceIdOf } from './traceparent.ts';

/** Every message and every field is in contracts/log-line.ts. */
export interface Log {
  info(message: LogMessage, fields?: LogFields): void;
  warn(message: LogMessage, fields?: LogFields): void;
  error(message: LogMessage, fields?: LogFields): void;
  /** For what a person must look at: a violated invariant, a programmer error. */
  critical(message: LogMessage, fields?: LogFields): void;
}

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  projectId: string;
  destination?: { write(line: string): void };
}

const severities: Record<string, string> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

export function createLog({ level, projectId, destination }: LogOptions): Log {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ severity: severities[label] ?? 'DEFAULT' }) },
  };
  const logger = destination ? pino(options, destination) : pino(options);
  const fieldsOf = (fields: LogFields = {}) => {
    const handling = currentHandling();
    if (!handling) return fields;
    const { traceparent, about, executionId } = handling;
    return {
      ...about,
      ...fields,
      'logging.googleapis.com/trace': `projects/${projectId}/traces/${traceIdOf(traceparent)}`,
      'logging.googleapis.com/spanId': spanIdOf(traceparent),
      ...(executionId === undefined ? {} : { 'logging.googleapis.com/labels': { execution_id: executionId } }),
    };
  };
  return {
    info: (message, fields) => logger.info(fieldsOf(fields), message),
    warn: (message, fields) => logger.warn(fieldsOf(fields), message),
    error: (message, fields) => logger.error(fieldsOf(fields), message),
    critical: (message, fields) => logger.fatal(fieldsOf(fields), message),
  };
}
