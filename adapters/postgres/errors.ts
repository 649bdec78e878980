import { DrizzleQueryError } from 'drizzle-orm/errors';
import { PortError, type PortErrorCode, type WriteOutcome } from '../../ports/index.ts';

export interface MapOptions {
  readonly port?: string;
  /** What to say of a write when the connection died under it. Default `unknown`. */
  readonly outcome?: WriteOutcome;
}

/**
 * A fault of PostgreSQL, postgres.js or drizzle as a PortError with the native error as `cause`; a PortError comes back as it is.
 * Anything else (a plugin's own throw inside a transaction) also comes back as it is.
 */
export function mapPostgresError(error: unknown, options: MapOptions = {}): unknown {
  const native = error instanceof DrizzleQueryError && error.cause !== undefined ? error.cause : error;
  if (native instanceof PortError) return native;
  const code = codeOf(native);
  if (code === undefined) return error;
  const port = options.port === undefined ? {} : { port: options.port };
  if (isLostCode(code)) {
    const outcome = NEVER_SENT.has(code) ? 'not-applied' : (options.outcome ?? 'unknown');
    return new PortError('UNAVAILABLE', `PostgreSQL is not reachable (${code})`, { ...port, adapter: 'postgres', cause: error, outcome });
  }
  const kind = SQLSTATES[code] ?? CLASSES[code.slice(0, 2)];
  if (kind === undefined && !/^[0-9A-Z]{5}$/.test(code)) return error;
  const said = native instanceof Error ? native.message : String(native);
  return new PortError(kind ?? 'INTERNAL', `PostgreSQL: ${said} (${code})`, { ...port, adapter: 'postgres', cause: error });
}

/** True when the connection is gone, or never came to be; whatever ran on it may or may not have happened. */
export function isConnectionLost(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && isLostCode(code);
}

/** True when the same transaction may succeed if it is run again from its first statement. */
export function isSerializationRace(error: unknown): boolean {
  const native = error instanceof DrizzleQueryError ? error.cause : error;
  const code = codeOf(native instanceof PortError ? (native.cause ?? native) : native);
  return code === '40001' || code === '40P01';
}

function codeOf(error: unknown): string | undefined {
  const native = error instanceof DrizzleQueryError ? error.cause : error;
  if (typeof native !== 'object' || native === null || !('code' in native)) return undefined;
  return typeof native.code === 'string' ? native.code : undefined;
}

const isLostCode = (code: string) => LOST.has(code) || code.startsWith('08');

/** Codes that can only come before the statement was sent. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'CONNECT_TIMEOUT', '57P03', '53300']);

const LOST = new Set([
  ...NEVER_SENT,
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENETUNREACH',
  'ENETDOWN',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  '57P01',
  '57P02',
  '57P05',
  '25P03',
]);

/** Appendix A of the PostgreSQL manual; a whole class below, single states here. */
const SQLSTATES: Readonly<Record<string, PortErrorCode>> = {
  '23505': 'ALREADY_EXISTS',
  '23P01': 'CONFLICT',
  '40001': 'CONFLICT',
  '40P01': 'CONFLICT',
  '55P03': 'TIMEOUT',
  '57014': 'TIMEOUT',
  '25006': 'UNAVAILABLE',
  '53100': 'UNAVAILABLE',
  '0A000': 'UNSUPPORTED',
};

const CLASSES: Readonly<Record<string, PortErrorCode>> = {
  '22': 'INVALID_ARGUMENT',
  '23': 'INVALID_ARGUMENT',
  '53': 'OVERLOADED',
  '54': 'INVALID_ARGUMENT',
};
