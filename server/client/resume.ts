import type { GraphQLFormattedError } from 'graphql';
import type { Client } from 'graphql-ws';
import { PorticoError } from './error.ts';

const PAUSE_MIN_MS = 250;
const PAUSE_MAX_MS = 30_000;

export interface ResumingOptions {
  readonly operation: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly attemptsMax: number;
  /** Whether a new connection may bring a fresh credential. */
  readonly mayRefresh: boolean;
}

/** What ended one try: the server's completion, or a reason to try again. */
type End = { readonly kind: 'complete' } | { readonly kind: 'resume'; readonly cause: unknown };

/** One subscription over as many connections as it takes. */
export async function* resumingStream<Data>(client: Client, options: ResumingOptions): AsyncGenerator<Data, void, void> {
  const { operation, signal, attemptsMax } = options;
  const takesAfter = /\$after\s*:/.test(operation);
  let variables = options.variables;
  let failures = 0;
  while (!signal.aborted) {
    const attempt = open<Data>(client, operation, variables, signal);
    let end: End | undefined;
    try {
      for (;;) {
        const step = await attempt.next();
        if (step.done === true) {
          end = step.value;
          break;
        }
        failures = 0;
        const cursor = cursorOf(step.value);
        if (takesAfter && cursor !== undefined) variables = { ...variables, after: cursor };
        yield step.value;
      }
    } catch (error) {
      end = resumptionOf(error, options.mayRefresh);
    } finally {
      if (end === undefined) await attempt.return({ kind: 'complete' });
    }
    if (end.kind === 'complete' || signal.aborted) return;
    failures += 1;
    if (failures > attemptsMax) throw end.cause instanceof PorticoError ? end.cause : new PorticoError([], end.cause);
    await pause(failures, signal);
  }
}

async function* open<Data>(
  client: Client,
  query: string,
  variables: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): AsyncGenerator<Data, End, void> {
  const waiting: Data[] = [];
  let failure: { readonly error: unknown } | undefined;
  let isOver = false;
  let wake = (): void => undefined;
  const stop = client.subscribe<Data>(
    { query, variables },
    {
      next(result) {
        if (result.errors) failure = { error: new PorticoError(result.errors) };
        else if (result.data) waiting.push(result.data);
        wake();
      },
      error(error) {
        failure = { error };
        wake();
      },
      complete() {
        isOver = true;
        wake();
      },
    },
  );
  const onAbort = () => {
    isOver = true;
    wake();
  };
  signal.addEventListener('abort', onAbort);
  try {
    for (;;) {
      const data = waiting.shift();
      if (data !== undefined) yield data;
      else if (failure !== undefined) throw failure.error;
      else if (isOver || signal.aborted) return { kind: 'complete' };
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    stop();
  }
}

/** Closed for good by these, whatever is tried: the client is at fault. */
const FATAL = new Set([1002, 1003, 1007, 1008, 1009, 4400, 4403, 4406, 4409, 4429]);

/** How to go on after an error, or a throw where there is no going on. */
function resumptionOf(error: unknown, mayRefresh: boolean): End {
  if (Array.isArray(error)) {
    const errors = error as readonly GraphQLFormattedError[];
    const fault = new PorticoError(errors);
    if (fault.code === 'CURSOR_EXPIRED' || errors[0]?.extensions?.['resume'] === undefined) throw fault;
    return { kind: 'resume', cause: fault };
  }
  if (error instanceof PorticoError) throw error;
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'number') {
    const reason = 'reason' in error && typeof error.reason === 'string' ? error.reason : '';
    if (FATAL.has(error.code) || (error.code === 4401 && !mayRefresh)) {
      const code = error.code === 4401 || error.code === 4403 ? 'UNAUTHENTICATED' : 'REFUSED';
      throw new PorticoError([{ message: `The socket was closed: ${error.code} ${reason}`, extensions: { code } }]);
    }
  }
  return { kind: 'resume', cause: error };
}

/** Grows twofold, spread by chance so that many clients do not come back at once. */
function pause(failures: number, signal: AbortSignal): Promise<void> {
  const mostMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** (failures - 1));
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, mostMs * (0.5 + Math.random() / 2));
    signal.addEventListener('abort', done);
  });
}

function cursorOf(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const [event] = Object.values(data);
  return typeof event === 'object' && event !== null && 'cursor' in event && typeof event.cursor === 'string' ? event.cursor : undefined;
}
