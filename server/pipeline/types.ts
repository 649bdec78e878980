import type { DocumentNode, ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Viewer } from '../../plugins/kernel/index.ts';
import type { Context } from '../../schema/context.ts';

/** What a client sends, over any transport. */
export interface OperationRequest {
  readonly query?: string | undefined;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  /** `{ persistedQuery: { version: 1, sha256Hash } }` names a document instead of sending it. */
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Who sends it, from where. */
export interface Caller {
  readonly viewer: Viewer;
  readonly ip: string;
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** A request that passed every guard: parsed, validated, within the limits, its variables coerced on execution. */
export interface Prepared {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Stable for the same document and operation name, whatever the white space. */
  readonly id: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly cost: number;
  /** Of a subscription: how its execution may be shared; undefined when something in it depends on the viewer. */
  readonly shared: 'latest' | 'live' | undefined;
  /** Runs a query or mutation, or one event of a subscription (`root` is the event as the field's source yielded it). */
  execute(context: Context, root?: unknown): ExecutionResult | Promise<ExecutionResult>;
  /** The source stream of a subscription: events to hand to `execute`; or an error result. */
  subscribe(context: Context): Promise<AsyncIterable<unknown> | ExecutionResult>;
}

export interface Rejected {
  /** HTTP status the transports answer with. */
  readonly status: number;
  readonly errors: readonly GraphQLFormattedError[];
  /** Seconds after which a rate-limited caller may try again. */
  readonly retryAfterSeconds?: number;
}

export type Preparation = { readonly ok: true; readonly operation: Prepared } | { readonly ok: false; readonly rejected: Rejected };

/** One pipeline of guards and one executor, used by the lean HTTP lane, Yoga, graphql-ws and the REST doors alike. */
export interface Pipeline {
  prepare(request: OperationRequest, caller: Caller): Preparation | Promise<Preparation>;
  /** A fresh context; one for each operation and for each delivered event. */
  context(caller: Caller): Context;
  /** Prepares and runs a query or mutation, errors masked and formatted, measured and logged. */
  run(request: OperationRequest, caller: Caller): Promise<Answer>;
  /** The same as `run`, without a promise where nothing had to be waited for. */
  runNow(request: OperationRequest, caller: Caller): Answer | Promise<Answer>;
  /** Runs what `prepare` let pass, under the same deadline and masking. */
  runPrepared(operation: Prepared, caller: Caller): Answer | Promise<Answer>;
  /** Masks and formats an execution's errors, logging faults once. */
  finish(result: ExecutionResult, caller: Caller): ExecutionResult;
}

export interface Answer {
  readonly status: number;
  readonly result: ExecutionResult;
  readonly retryAfterSeconds?: number;
}
