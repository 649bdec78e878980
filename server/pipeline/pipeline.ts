import { type ExecutionResult, GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql';
import type { Clock, Log, Meter } from '../../plugins/kernel/index.ts';
import type { Context } from '../../schema/context.ts';
import type { RateLimiter } from '../http/rate-limiter.ts';
import type { Limits } from '../limits.ts';
import { Deadlines } from './deadlines.ts';
import { createDocuments, limitExceeded, pageTooLarge } from './documents.ts';
import { maskErrors, reject, statusOf } from './errors.ts';
import { type Variables, valueSize } from './measure.ts';
import { DeliveryContext, OperationContext } from './operation-context.ts';
import { createOperationMeter } from './operation-meter.ts';
import type { Persisted } from './persisted.ts';
import { findText } from './persisted-text.ts';
import type { Plan } from './plan.ts';
import type { Answer, Caller, OperationRequest, Pipeline, Preparation, Prepared, Rejected } from './types.ts';

export interface PipelineOptions {
  readonly schema: GraphQLSchema;
  readonly limits: Limits;
  readonly log: Log;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly rateLimiter?: RateLimiter;
  readonly persisted?: Persisted;
  readonly introspection: boolean;
  /** Only registered documents run; needs `persisted`. */
  readonly onlyPersisted: boolean;
  /** "Did you mean …" tells strangers what the schema holds; off in production. */
  readonly suggestions?: boolean;
}

/**
 * The guards that every operation passes, whatever brought it: rate, persisted set, tokens, validity, depth, aliases, page sizes, cost,
 * deadline; and the one executor behind them. A known document costs a map lookup and what its resolvers do.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { limits, log, rateLimiter, persisted, onlyPersisted } = options;
  const documents = createDocuments(options.schema, limits, {
    introspection: options.introspection,
    hideSuggestions: options.suggestions !== true,
  });
  const deadlines = new Deadlines(limits.operationMs, () => options.clock.now());
  const meter = createOperationMeter(options.meter);

  const overRate = (caller: Caller): Rejected | undefined => {
    const waitSeconds = rateLimiter?.take(caller.viewer, caller.ip) ?? 0;
    if (waitSeconds === 0) return undefined;
    return {
      ...reject(429, 'RATE_LIMITED', `Too many operations; try again in ${waitSeconds} s.`, { retryable: true }),
      retryAfterSeconds: waitSeconds,
    };
  };

  const plan = (text: string, request: OperationRequest): Plan | Rejected => {
    const found = documents.find(text, request.operationName);
    if (!found.ok) return found.rejected;
    return overVariableLimit(found.plan, request.variables ?? NO_VARIABLES, limits) ?? found.plan;
  };

  const text = (request: OperationRequest): string | Rejected | Promise<string | Rejected> => {
    if (request.extensions?.['persistedQuery'] === undefined && !onlyPersisted && typeof request.query === 'string') return request.query;
    return findText(request, persisted, onlyPersisted);
  };

  const prepared = (request: OperationRequest, found: string | Rejected): Preparation => {
    const outcome = typeof found === 'string' ? plan(found, request) : found;
    return 'status' in outcome
      ? { ok: false, rejected: outcome }
      : { ok: true, operation: new PreparedOperation(outcome, request.variables ?? NO_VARIABLES) };
  };

  const finish = (result: ExecutionResult, caller: Caller): ExecutionResult =>
    result.errors === undefined ? result : withErrors(result, maskErrors(result.errors, caller, log));

  const answered = (result: ExecutionResult, caller: Caller, kind: Plan['kind'], startedMs: number): Answer => {
    const finished = finish(result, caller);
    const status = finished.errors === undefined ? 200 : 'data' in finished ? statusOf(finished) : 400;
    meter.record(kind, finished.errors === undefined ? 'ok' : 'error', performance.now() - startedMs);
    return { status, result: finished };
  };

  const refused = (rejected: Rejected): Answer => {
    meter.record('unknown', 'refused', 0);
    return asAnswer(rejected);
  };

  const execute = (operation: Runnable, variables: Variables, caller: Caller): Answer | Promise<Answer> => {
    if (operation.kind === 'subscription') return refused(SUBSCRIPTION_REFUSED);
    const startedMs = performance.now();
    const context = new OperationContext(caller);
    let result: ExecutionResult | Promise<ExecutionResult>;
    try {
      result = operation.execute(context, undefined, variables);
    } catch (error) {
      result = failed(error);
    }
    if (!('then' in result)) {
      context.release();
      return answered(result, caller, operation.kind, startedMs);
    }
    const running = result;
    return new Promise((resolve) => {
      const deadline = deadlines.start(() => {
        context.abort(new DOMException('the operation took too long', 'TimeoutError'));
        meter.record(operation.kind, 'timeout', performance.now() - startedMs);
        log.warn('an operation took too long', {
          requestId: caller.requestId,
          operation: operation.operationName,
          afterMs: limits.operationMs,
        });
        const unknown = operation.kind === 'mutation' ? { outcome: 'unknown' } : {};
        resolve(
          asAnswer(reject(504, 'TIMEOUT', `The operation took longer than ${limits.operationMs} ms.`, { retryable: true, ...unknown })),
        );
      });
      const settle = (settled: ExecutionResult) => {
        if (!deadline.isOpen) return;
        deadlines.finish(deadline);
        context.release();
        resolve(answered(settled, caller, operation.kind, startedMs));
      };
      running.then(settle, (error: unknown) => settle(failed(error)));
    });
  };

  const answer = (request: OperationRequest, found: string | Rejected, caller: Caller): Answer | Promise<Answer> => {
    const outcome = typeof found === 'string' ? plan(found, request) : found;
    return 'status' in outcome ? refused(outcome) : execute(outcome, request.variables ?? NO_VARIABLES, caller);
  };

  const runNow = (request: OperationRequest, caller: Caller): Answer | Promise<Answer> => {
    const over = overRate(caller);
    if (over !== undefined) return refused(over);
    const found = text(request);
    return typeof found === 'string' || 'status' in found
      ? answer(request, found, caller)
      : found.then((each) => answer(request, each, caller));
  };

  return {
    prepare(request, caller) {
      const over = overRate(caller);
      if (over !== undefined) return { ok: false, rejected: over };
      const found = text(request);
      return typeof found === 'string' || 'status' in found ? prepared(request, found) : found.then((each) => prepared(request, each));
    },
    context: (caller): Context => new DeliveryContext(caller),
    run: async (request, caller) => runNow(request, caller),
    runNow,
    runPrepared: (operation, caller) => execute(operation, operation.variables, caller),
    finish,
  };
}

/** What a plan and a prepared operation have in common. */
type Runnable = Pick<Plan, 'kind' | 'operationName' | 'execute'>;

const NO_VARIABLES: Variables = {};

const SUBSCRIPTION_REFUSED = reject(406, 'NOT_ACCEPTABLE', 'A subscription needs a WebSocket, or `Accept: text/event-stream`.');

class PreparedOperation implements Prepared {
  readonly #plan: Plan;
  readonly variables: Variables;

  constructor(plan: Plan, variables: Variables) {
    this.#plan = plan;
    this.variables = variables;
  }

  get kind() {
    return this.#plan.kind;
  }
  get id() {
    return this.#plan.id();
  }
  get document() {
    return this.#plan.document;
  }
  get operationName() {
    return this.#plan.operationName;
  }
  get cost() {
    const { cost } = this.#plan.measure;
    return typeof cost === 'number' ? cost : cost(this.variables);
  }
  get shared() {
    return this.#plan.sharing();
  }
  execute(context: Context, root?: unknown) {
    return this.#plan.execute(context, root, this.variables);
  }
  subscribe(context: Context) {
    return this.#plan.subscribe(context, this.variables);
  }
}

/** The limits that hang on variables; a document without list sizes in variables pays nothing here. */
function overVariableLimit(plan: Plan, variables: Variables, limits: Limits): Rejected | undefined {
  const { pageVariables, cost } = plan.measure;
  for (const page of pageVariables) {
    const size = valueSize(variables[page.variable]) ?? page.fallback;
    if (size > limits.pageSize) return pageTooLarge(page.variable, size, limits.pageSize);
  }
  if (typeof cost === 'number') return undefined;
  const actual = cost(variables);
  return actual > limits.cost ? limitExceeded('cost', actual, limits.cost) : undefined;
}

const asAnswer = (rejected: Rejected): Answer => ({ ...withoutErrors(rejected), result: withErrors({}, rejected.errors) });

const withoutErrors = ({ errors: _errors, ...rest }: Rejected): Omit<Rejected, 'errors'> => rest;

/** graphql-js types errors as instances; from here on they are what goes over the wire. */
const withErrors = (result: ExecutionResult, errors: readonly GraphQLFormattedError[]): ExecutionResult =>
  ({ errors, ...('data' in result && { data: result.data }) }) as unknown as ExecutionResult;

/** An executor that throws has met a broken type or resolver; it becomes an error of the whole operation. */
const failed = (error: unknown): ExecutionResult => ({
  data: null,
  errors: [new GraphQLError('the executor threw', { originalError: error instanceof Error ? error : new Error(String(error)) })],
});
