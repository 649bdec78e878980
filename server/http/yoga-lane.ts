import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { reject } from '../pipeline/errors.ts';
import type { Answer, Caller, OperationRequest, Pipeline, Prepared } from '../pipeline/types.ts';
import type { HttpCaller } from './caller.ts';
import type { Media } from './media.ts';
import { type Rendered, renderAnswer } from './render.ts';

/** A subscription as results, finished and masked; or one result when it could not start. */
export type Subscribe = (
  operation: Prepared,
  caller: Caller,
) => AsyncIterable<ExecutionResult> | ExecutionResult | Promise<AsyncIterable<ExecutionResult> | ExecutionResult>;

export interface YogaLane {
  handle(request: IncomingMessage, response: ServerResponse, exchange: YogaExchange): void;
}

export interface YogaExchange {
  readonly operation: OperationRequest;
  readonly caller: HttpCaller;
  readonly media: Media;
  readonly headers: readonly string[];
}

interface ServerContext extends YogaExchange {
  answer?: Answer;
}

/** Yoga with its parsing, execution and limits replaced by the pipeline: it carries GET queries and server-sent events. */
export function createYogaLane(options: { schema: GraphQLSchema; pipeline: Pipeline; subscribe: Subscribe; path: string }): YogaLane {
  const { schema, pipeline, subscribe, path } = options;

  const run = async (context: ServerContext, isGet: boolean): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> => {
    const answered = (answer: Answer): ExecutionResult => {
      context.answer = answer;
      return answer.result;
    };
    const { operation, caller, media } = context;
    const preparation = await pipeline.prepare(operation, caller);
    if (!preparation.ok) {
      const { errors, ...rest } = preparation.rejected;
      return answered({ ...rest, result: { errors } as unknown as ExecutionResult });
    }
    const prepared = preparation.operation;
    if (isGet && prepared.kind === 'mutation') {
      return answered({ status: 405, result: { errors: MUTATION_BY_GET.errors } as unknown as ExecutionResult });
    }
    if (prepared.kind === 'subscription' && media === 'text/event-stream') return subscribe(prepared, caller);
    return answered(await pipeline.runPrepared(prepared, caller));
  };

  const lane: Plugin<object, ServerContext> = {
    async onParams({ context, request, setParams, setResult }) {
      const result = await run(context, request.method === 'GET');
      // Yoga asks for a query although it will not run it.
      setParams({ query: '{__typename}' });
      setResult(result);
    },
    onResultProcess({ serverContext, setResultProcessor }) {
      const { answer, media, caller, headers } = serverContext;
      if (answer === undefined || (media === 'text/event-stream' && !HTTP_STATUSES.has(answer.status))) return;
      const rendered = renderAnswer(answer, media);
      setResultProcessor(
        (_result, fetchAPI) => new fetchAPI.Response(rendered.body, { status: rendered.status, headers: pairs(rendered, caller, headers) }),
        'application/json',
      );
    },
    onResponse({ response, serverContext }) {
      if (serverContext.answer !== undefined) return;
      response.headers.set('x-request-id', serverContext.caller.requestId);
      // A proxy that gathers bytes before it sends them would hold events back.
      response.headers.set('x-accel-buffering', 'no');
      for (let i = 0; i + 1 < serverContext.headers.length; i += 2) {
        response.headers.set(serverContext.headers[i] ?? '', serverContext.headers[i + 1] ?? '');
      }
    },
  };

  const yoga = createYoga<ServerContext>({
    schema,
    graphqlEndpoint: path,
    plugins: [lane],
    // The body was read, capped and checked before.
    maxRequestBodySize: false,
    multipart: false,
    batching: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    logging: false,
    maskedErrors: false,
    parserAndValidationCache: false,
  });

  return {
    handle(request, response, exchange) {
      if (request.method === 'POST') Object.assign(request, { body: { query: '{__typename}' } });
      response.once('close', () => {
        if (response.writableFinished) exchange.caller.release();
        else exchange.caller.leave();
      });
      Promise.resolve(yoga(request, response, { ...exchange })).catch(() => response.destroy());
    },
  };
}

/** Each event executes on its own context; nothing is shared. What a gateway without a live layer falls back to. */
export const plainSubscribe =
  (pipeline: Pipeline): Subscribe =>
  async (operation, caller) => {
    const source = await operation.subscribe(pipeline.context(caller));
    if (!(Symbol.asyncIterator in source)) return pipeline.finish(source, caller);
    return results(pipeline, operation, caller, source);
  };

async function* results(pipeline: Pipeline, operation: Prepared, caller: Caller, source: AsyncIterable<unknown>) {
  for await (const event of source) yield pipeline.finish(await operation.execute(pipeline.context(caller), event), caller);
}

const MUTATION_BY_GET = reject(405, 'METHOD_NOT_ALLOWED', 'A mutation needs POST.');

/** Verdicts that an event stream could not carry: a client must see them as a status. */
const HTTP_STATUSES: ReadonlySet<number> = new Set([401, 405, 413, 429, 503]);

function pairs(rendered: Rendered, caller: Caller, more: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': rendered.contentType,
    'x-request-id': caller.requestId,
    ...(rendered.retryAfterSeconds !== undefined && { 'retry-after': String(rendered.retryAfterSeconds) }),
    ...(rendered.status === 405 && { allow: 'POST' }),
  };
  for (let i = 0; i + 1 < more.length; i += 2) headers[more[i] ?? ''] = more[i + 1] ?? '';
  return headers;
}
