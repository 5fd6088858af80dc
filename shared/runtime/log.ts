// One JSON object per line in the form Cloud Logging reads: severity, message, time, trace and the fields of the event.
import { pino } from 'pino';

/** Fields of a log line. */
export type LogFields = Record<string, string | number | boolean>;

export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** For what a person must look at: a violated invariant, a programmer error. */
  critical(message: string, fields?: LogFields): void;
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
  const fieldsOf = ({ traceparent, ...fields }: LogFields = {}) => {
    const trace = typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined;
    return trace === undefined
      ? fields
      : { ...fields, 'logging.googleapis.com/trace': `projects/${projectId}/traces/${trace}` };
  };
  return {
    info: (message, fields) => logger.info(fieldsOf(fields), message),
    warn: (message, fields) => logger.warn(fieldsOf(fields), message),
    error: (message, fields) => logger.error(fieldsOf(fields), message),
    critical: (message, fields) => logger.fatal(fieldsOf(fields), message),
  };
}
