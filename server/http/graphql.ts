import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authentication, Authenticator } from '../auth/authenticate.ts';
import type { Limits } from '../limits.ts';
import { reject } from '../pipeline/errors.ts';
import type { Answer, OperationRequest, Pipeline, Rejected } from '../pipeline/types.ts';
import { type Body, readBody } from './body.ts';
import { HttpCaller } from './caller.ts';
import type { Cors } from './cors.ts';
import { isJson, isSimpleContentType, type Media, mediaFor } from './media.ts';
import { isRejected, operationFromJson, operationFromQuery } from './parameters.ts';
import { renderAnswer, renderRejected, send } from './render.ts';
import { requestIdOf } from './request-id.ts';
import type { YogaLane } from './yoga-lane.ts';

export interface GraphqlDoor {
  handle(request: IncomingMessage, response: ServerResponse): void;
}

export interface GraphqlDoorOptions {
  readonly pipeline: Pipeline;
  readonly authenticator: Authenticator;
  readonly limits: Pick<Limits, 'bodyBytes'>;
  readonly cors: Cors;
  readonly ipOf: (request: IncomingMessage) => string;
  readonly yoga: YogaLane;
  /** Further headers for every answer, e.g. `connection: close` while draining. */
  readonly headers: () => readonly string[];
}

/**
 * GraphQL over HTTP. A POST of JSON answered by JSON takes the lean lane: own reader, pipeline, one write. GET and event streams go
 * through Yoga. Both lanes run the same pipeline and render with the same code.
 */
export function createGraphqlDoor(options: GraphqlDoorOptions): GraphqlDoor {
  const { pipeline, authenticator, cors, ipOf, limits, yoga } = options;

  const refuse = (exchange: Exchange, rejected: Rejected, more: readonly string[] = []): void => {
    exchange.caller?.release();
    send(exchange.response, renderRejected(rejected, exchange.media), exchange.requestId, [...headersFor(exchange), ...more]);
  };
  const headersFor = ({ request }: Exchange): readonly string[] => {
    const draining = options.headers();
    if (request.headers.origin === undefined) return draining;
    return [...draining, ...cors.headers(request)];
  };
  const answer = (exchange: Exchange, given: Answer): void => {
    exchange.caller?.release();
    send(exchange.response, renderAnswer(given, exchange.media ?? 'application/json'), exchange.requestId, headersFor(exchange));
  };
  const broken = (exchange: Exchange, error: unknown): void => {
    exchange.response.destroy(error instanceof Error ? error : undefined);
  };

  const onOperation = (exchange: Exchange, operation: OperationRequest): void => {
    const { request, response } = exchange;
    const who = authenticator.authenticate(request.headers);
    const go = (outcome: Authentication): void => {
      if (!outcome.ok) return refuse(exchange, reject(401, 'UNAUTHENTICATED', `This credential is not good: ${outcome.reason}.`), BEARER);
      const caller = new HttpCaller(outcome.viewer, ipOf(request), exchange.requestId, request.socket);
      exchange.caller = caller;
      if (request.method !== 'POST' || exchange.media === 'text/event-stream') {
        const media = exchange.media ?? 'application/json';
        return yoga.handle(request, response, { operation, caller, media, headers: headersFor(exchange) });
      }
      const result = pipeline.runNow(operation, caller);
      if ('then' in result) {
        result.then(
          (settled) => answer(exchange, settled),
          (error: unknown) => broken(exchange, error),
        );
      } else answer(exchange, result);
    };
    if ('then' in who) who.then(go).catch((error: unknown) => broken(exchange, error));
    else go(who);
  };

  const onBody = (exchange: Exchange, body: Body): void => {
    if (body.kind === 'gone') return;
    if (body.kind === 'too-large') return refuse(exchange, tooLarge(limits.bodyBytes));
    const operation = operationFromJson(body.bytes.toString('utf8'));
    if (isRejected(operation)) refuse(exchange, operation);
    else onOperation(exchange, operation);
  };

  return {
    handle(request, response) {
      const media = mediaFor(request.headers.accept);
      const exchange: Exchange = { request, response, media, requestId: requestIdOf(request), caller: undefined };
      if (media === undefined) return refuse(exchange, NOT_ACCEPTABLE);
      if (request.method === 'GET') {
        const operation = operationFromQuery(new URL(request.url ?? '', 'http://localhost').searchParams);
        return isRejected(operation) ? refuse(exchange, operation) : onOperation(exchange, operation);
      }
      if (request.method !== 'POST') return refuse(exchange, WRONG_METHOD, ['allow', 'GET, POST, OPTIONS']);
      const contentType = request.headers['content-type'];
      if (!isJson(contentType)) return refuse(exchange, isSimpleContentType(contentType) ? CSRF : UNSUPPORTED_TYPE);
      readBody(request, limits.bodyBytes, (body) => onBody(exchange, body));
    },
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly media: Media | undefined;
  readonly requestId: string;
  caller: HttpCaller | undefined;
}

const BEARER = ['www-authenticate', 'Bearer'];

export const tooLarge = (bytesMax: number): Rejected =>
  reject(413, 'BODY_TOO_LARGE', `The body has more than ${bytesMax} bytes.`, { limit: 'bodyBytes', max: bytesMax });

const NOT_ACCEPTABLE = reject(
  406,
  'NOT_ACCEPTABLE',
  'Answers are application/json, application/graphql-response+json or text/event-stream.',
);
const WRONG_METHOD = reject(405, 'METHOD_NOT_ALLOWED', 'GraphQL takes GET and POST.');
const UNSUPPORTED_TYPE = reject(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json in UTF-8.');
/** Browsers send these across origins without asking, so such a request may come from any page its user looks at. */
const CSRF = reject(
  415,
  'CSRF',
  'The body must be application/json: types that a browser sends across origins without asking are refused.',
);
