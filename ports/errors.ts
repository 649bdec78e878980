/**
 * The one closed list of faults a port can answer with. `retryable` says whether the same call may succeed
 * later; `http` is the status a door answers with when the fault reaches it.
 */
export const PORT_ERRORS = {
  NOT_FOUND: { retryable: false, http: 404 },
  ALREADY_EXISTS: { retryable: false, http: 409 },
  /** A compare-and-set, checkpoint or serialization race was lost. */
  CONFLICT: { retryable: true, http: 409 },
  INVALID_ARGUMENT: { retryable: false, http: 400 },
  /** A capability was used that the adapter does not claim. Always the caller's bug. */
  UNSUPPORTED: { retryable: false, http: 501 },
  /** The log no longer holds that position. Never answered by a silent gap. */
  CURSOR_EXPIRED: { retryable: false, http: 410 },
  /** A bounded buffer, pool or queue is full. */
  OVERLOADED: { retryable: true, http: 429 },
  UNAVAILABLE: { retryable: true, http: 503 },
  TIMEOUT: { retryable: true, http: 504 },
  CANCELLED: { retryable: false, http: 499 },
  /** Used before `open` or after `close`. */
  CLOSED: { retryable: false, http: 503 },
  INTERNAL: { retryable: false, http: 500 },
} as const;

export type PortErrorCode = keyof typeof PORT_ERRORS;

/** `unknown`: the write may have happened, so the caller checks or carries an idempotency key. */
export type WriteOutcome = 'not-applied' | 'unknown';

export interface PortErrorOptions {
  readonly port?: string;
  readonly adapter?: string;
  /** The native error of the engine, kept for logs. */
  readonly cause?: unknown;
  readonly outcome?: WriteOutcome;
}

/** A fault of a port: a broken world, not an expected no. Expected noes are values in a port's answers. */
export class PortError extends Error {
  override readonly name = 'PortError';
  readonly code: PortErrorCode;
  readonly port: string | undefined;
  readonly adapter: string | undefined;
  readonly outcome: WriteOutcome;

  constructor(code: PortErrorCode, message: string, options: PortErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.port = options.port;
    this.adapter = options.adapter;
    this.outcome = options.outcome ?? 'not-applied';
  }

  get retryable(): boolean {
    return PORT_ERRORS[this.code].retryable;
  }
}

export function isPortError(error: unknown, code?: PortErrorCode): error is PortError {
  return error instanceof PortError && (code === undefined || error.code === code);
}
