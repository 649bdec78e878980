import pino from 'pino';
import type { Log } from '../../plugins/kernel/index.ts';
import { prettyLine } from './pretty.ts';
import { redactFields, redactText } from './redact.ts';

export interface ServerLog extends Log {
  /** A log that adds these fields to every line, e.g. `{ plugin: 'leaderboard' }`. */
  child(fields: Readonly<Record<string, unknown>>): ServerLog;
}

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** One readable line an event instead of JSON. Default: in development, when standard output is a terminal. */
  readonly pretty?: boolean;
  /** Where lines go; by default standard output, written at once so that a crash loses nothing. */
  readonly write?: (line: string) => void;
}

/** The kernel's log over pino: one line an event, secrets redacted in messages, fields and errors. */
export function createLog({ level, pretty = false, write }: LogOptions): ServerLog {
  const sink = write ?? ((line: string) => void process.stdout.write(line));
  const destination = pretty
    ? { write: (line: string) => sink(prettyLine(line)) }
    : write
      ? { write }
      : pino.destination({ dest: 1, sync: true });
  const base = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return wrap(base);
}

function wrap(logger: pino.Logger): ServerLog {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] =>
    (message, fields) => {
      if (!logger.isLevelEnabled(level)) return;
      if (fields === undefined) logger[level](redactText(message));
      else logger[level](redactFields(fields), redactText(message));
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(redactFields(fields))),
  };
}
