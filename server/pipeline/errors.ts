import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Log } from '../../plugins/kernel/index.ts';
import { isPortError, PORT_ERRORS, type PortError } from '../../ports/index.ts';
import type { Caller, Rejected } from './types.ts';

/** Codes the server itself answers with; a fault of a port adds the codes of `PORT_ERRORS`. */
export type ServerCode =
  | 'BAD_REQUEST'
  | 'BAD_USER_INPUT'
  | 'BODY_TOO_LARGE'
  | 'CSRF'
  | 'FORBIDDEN'
  | 'GRAPHQL_PARSE_FAILED'
  | 'GRAPHQL_VALIDATION_FAILED'
  | 'INTERNAL'
  | 'LIMIT_EXCEEDED'
  | 'METHOD_NOT_ALLOWED'
  | 'NOT_ACCEPTABLE'
  | 'NOT_FOUND'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'PERSISTED_QUERY_ONLY'
  | 'RATE_LIMITED'
  | 'SHUTTING_DOWN'
  | 'TIMEOUT'
  | 'UNAUTHENTICATED'
  | 'UNSUPPORTED_MEDIA_TYPE';

type Extras = Readonly<Record<string, unknown>>;

export const formatted = (code: ServerCode, message: string, extras: Extras = {}): GraphQLFormattedError => ({
  message,
  extensions: { code, ...extras },
});

export const reject = (status: number, code: ServerCode, message: string, extras?: Extras): Rejected => ({
  status,
  errors: [formatted(code, message, extras)],
});

/**
 * What a client may see of an execution's errors. A `GraphQLError` with a code was meant for it and passes as it is; a port's fault keeps
 * its code and whether to retry; anything else becomes INTERNAL with the request id. Faults are logged here, once, with their cause.
 */
export function maskErrors(errors: readonly GraphQLError[], caller: Caller, log: Log): GraphQLFormattedError[] {
  return errors.map((error) => maskError(error, caller, log));
}

/** HTTP status of a result: that of its gravest fault when nothing was resolved, else 200. */
export function statusOf(result: ExecutionResult): number {
  if (result.errors === undefined || hasAnything(result.data)) return 200;
  let status = 200;
  for (const error of result.errors) status = Math.max(status, statusOfCode(error.extensions?.['code']));
  return status;
}

/** Status of one error code where the transport is free to choose one, as the REST doors are. */
export function statusOfCode(code: unknown): number {
  if (typeof code !== 'string') return 200;
  if (code in FAULT_STATUS) return FAULT_STATUS[code as keyof typeof FAULT_STATUS];
  return 200;
}

const FAULT_STATUS = {
  INTERNAL: 500,
  TIMEOUT: PORT_ERRORS.TIMEOUT.http,
  UNAVAILABLE: PORT_ERRORS.UNAVAILABLE.http,
  OVERLOADED: PORT_ERRORS.OVERLOADED.http,
  CLOSED: PORT_ERRORS.CLOSED.http,
  UNSUPPORTED: PORT_ERRORS.UNSUPPORTED.http,
  CURSOR_EXPIRED: PORT_ERRORS.CURSOR_EXPIRED.http,
} as const;

const hasAnything = (data: ExecutionResult['data']): boolean =>
  data !== null && data !== undefined && Object.values(data).some((value) => value !== null);

function maskError(error: GraphQLError, caller: Caller, log: Log): GraphQLFormattedError {
  const cause = rootCause(error);
  if (isPortError(cause)) return place(error, portFault(cause, caller, log, error));
  if (cause instanceof GraphQLError && isForClient(cause)) {
    return place(error, { message: error.message, extensions: { code: 'BAD_USER_INPUT', ...error.extensions, ...cause.extensions } });
  }
  log.error('an operation failed', { requestId: caller.requestId, path: error.path?.join('.'), error: cause });
  return place(error, {
    message: 'Something broke on our side. The request id finds it in the log.',
    extensions: { code: 'INTERNAL', requestId: caller.requestId },
  });
}

function portFault(fault: PortError, caller: Caller, log: Log, error: GraphQLError): GraphQLFormattedError {
  const fields = {
    requestId: caller.requestId,
    path: error.path?.join('.'),
    code: fault.code,
    port: fault.port,
    adapter: fault.adapter,
    error: fault,
  };
  if (fault.code === 'CANCELLED') log.debug('an operation was cancelled', fields);
  else log.error('a port failed', fields);
  return {
    message: PORT_WORDS[fault.code],
    extensions: { code: fault.code, retryable: fault.retryable, outcome: fault.outcome, requestId: caller.requestId },
  };
}

const PORT_WORDS = {
  NOT_FOUND: 'What this needs is not there.',
  ALREADY_EXISTS: 'It is there already.',
  CONFLICT: 'Somebody else changed it at the same moment; try again.',
  INVALID_ARGUMENT: 'A value was refused by the store.',
  UNSUPPORTED: 'The bound store cannot do this.',
  CURSOR_EXPIRED: 'The cursor points to a place that is no longer kept; start again without it.',
  OVERLOADED: 'Too busy for this now; try again in a moment.',
  UNAVAILABLE: 'A store behind this is not reachable now; try again in a moment.',
  TIMEOUT: 'A store behind this took too long.',
  CANCELLED: 'The request was cancelled.',
  CLOSED: 'The gateway is stopping; try again in a moment.',
  INTERNAL: 'A store behind this failed.',
} as const satisfies Record<keyof typeof PORT_ERRORS, string>;

/** A coded error was raised on purpose; the argument checks of graphql-js and Pothos carry no code but are the client's too. */
const isForClient = (cause: GraphQLError): boolean =>
  typeof cause.extensions?.['code'] === 'string' || cause.name === 'PothosValidationError' || cause.message.startsWith('Argument "');

function rootCause(error: unknown): unknown {
  let cause = error;
  for (let hops = 0; hops < CAUSES_MAX && cause instanceof GraphQLError && cause.originalError; hops += 1) cause = cause.originalError;
  return cause;
}

const CAUSES_MAX = 8;

const place = (error: GraphQLError, rest: GraphQLFormattedError): GraphQLFormattedError => ({
  message: rest.message,
  ...(error.locations !== undefined && error.locations.length > 0 && { locations: error.locations }),
  ...(error.path !== undefined && { path: error.path }),
  ...(rest.extensions !== undefined && { extensions: rest.extensions }),
});
