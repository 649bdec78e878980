import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { GraphQLSchema } from 'graphql';
import type { Door, Log } from '../../plugins/kernel/index.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import type { Limits } from '../limits.ts';
import type { Pipeline } from '../pipeline/types.ts';
import type { RestDoor } from '../rest/rest-door.ts';
import { createIpOf } from './client-ip.ts';
import { createCors } from './cors.ts';
import { type DoorHandler, errorBody, protocolHandler, restHandler } from './doors.ts';
import { createGraphqlDoor } from './graphql.ts';
import { renderJson, send } from './render.ts';
import { requestIdOf } from './request-id.ts';
import { createRoutes, type RouteEntry } from './routes.ts';
import { createYogaLane, plainSubscribe, type Subscribe } from './yoga-lane.ts';

/** A page of the server's own: health, metrics, GraphiQL. Answers GET and HEAD. */
export interface Page {
  readonly path: string;
  handle(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

export interface HttpServerParts {
  readonly schema: GraphQLSchema;
  readonly pipeline: Pipeline;
  readonly authenticator: Authenticator;
  readonly limits: Limits;
  readonly log: Log;
  readonly graphqlPath?: string;
  /** Subscriptions over server-sent events; by default each is executed by itself. */
  readonly subscribe?: Subscribe;
  readonly rest?: RestDoor;
  readonly doors?: readonly Door[];
  readonly pages?: readonly Page[];
  /** Answers a browser that opens the GraphQL path. */
  readonly graphiql?: Page['handle'];
  /** Origins whose pages may read answers: exact ones, `localhost` for any port of this machine, `*`. None by default. */
  readonly corsOrigins?: readonly string[];
  /** Whether X-Forwarded-For is believed. */
  readonly trustProxy?: boolean;
}

export interface HttpServer {
  /** For WebSocket upgrades. */
  readonly server: Server;
  /** Resolves with the port: give 0 for any. */
  listen(port: number, host: string): Promise<number>;
  /** Stops accepting, lets open requests end, says `connection: close` in their answers; what is open after `drainMs` is cut. Idempotent. */
  close(options: { readonly drainMs: number }): Promise<void>;
}

const HEADER_BYTES_MAX = 16 * 1024;
/** A client gets this long for its head, and this long for head and body: one that drips bytes is cut off. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;
/** Longer than the idle time of the load balancers in use, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
const CHECK_MS = 1_000;

export function createHttpServer(parts: HttpServerParts): HttpServer {
  const graphqlPath = parts.graphqlPath ?? '/graphql';
  const cors = createCors(parts.corsOrigins ?? []);
  const ipOf = createIpOf(parts.trustProxy ?? false);
  const { pipeline, authenticator, limits, log, schema } = parts;
  let isDraining = false;
  const draining = (): readonly string[] => (isDraining ? CLOSE : NONE);
  const subscribe = parts.subscribe ?? plainSubscribe(pipeline);
  const yoga = createYogaLane({ schema, pipeline, subscribe, path: graphqlPath });
  const graphql = createGraphqlDoor({ pipeline, authenticator, limits, cors, ipOf, yoga, headers: draining });
  const find = createRoutes(routesOf(parts, ipOf));

  const elsewhere = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark === -1 ? url : url.slice(0, mark);
    const headers = [...draining(), ...cors.headers(request)];
    if (path === graphqlPath && request.method !== 'OPTIONS') {
      // GraphiQL keeps the operation in its address, so the page answers with a query string too.
      const isBrowser = request.method === 'GET' && request.headers.accept?.includes('text/html') === true;
      if (isBrowser && parts.graphiql !== undefined) return page(parts.graphiql, request, response);
      return graphql.handle(request, response);
    }
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const match = path === graphqlPath ? GRAPHQL_MATCH : find(method, path);
    const requestId = requestIdOf(request);
    if (match === undefined) return send(response, errorBody(404, 'NOT_FOUND', 'There is nothing here.'), requestId, headers);
    if (match.kind === 'bad-escape')
      return send(response, errorBody(400, 'BAD_REQUEST', 'The path is not encoded well.'), requestId, headers);
    if (match.kind === 'found') {
      if ('page' in match.target) return page(match.target.page, request, response);
      const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
      void match.target.door(request, response, { params: match.params, query, headers });
      return;
    }
    const allow = ['allow', [...match.allow, 'OPTIONS'].join(', ')];
    if (method === 'OPTIONS') {
      response.writeHead(204, [...headers, ...allow, 'x-request-id', requestId]).end();
      return;
    }
    send(response, errorBody(405, 'METHOD_NOT_ALLOWED', `${method} is not answered here.`), requestId, [...headers, ...allow]);
  };
  const page = (handle: Page['handle'], request: IncomingMessage, response: ServerResponse): void => {
    new Promise<void>((resolve) => resolve(handle(request, response))).catch((error: unknown) => {
      log.error('a page failed', { path: request.url, error });
      send(response, errorBody(500, 'INTERNAL', 'This page could not be made.'), requestIdOf(request));
    });
  };

  const sockets = new Set<Socket>();
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CHECK_MS,
    },
    (request, response) => {
      if (request.url === graphqlPath && request.method === 'POST') graphql.handle(request, response);
      else elsewhere(request, response);
    },
  );
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', onClientError);

  let closing: Promise<void> | undefined;
  return {
    server,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close({ drainMs }) {
      isDraining = true;
      closing ??= new Promise((resolve) => {
        const cut = setTimeout(() => {
          for (const socket of sockets) socket.destroy();
        }, drainMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        // Node ends connections between two requests by itself, but not those that never sent one.
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      });
      return closing;
    },
  };
}

const NONE: readonly string[] = [];
const CLOSE: readonly string[] = ['connection', 'close'];
const GRAPHQL_MATCH = { kind: 'wrong-method', allow: ['GET', 'POST'] } as const;

type Target = { readonly page: Page['handle'] } | { readonly door: DoorHandler };

function routesOf(parts: HttpServerParts, ipOf: (request: IncomingMessage) => string): readonly RouteEntry<Target>[] {
  const doorParts = { authenticator: parts.authenticator, log: parts.log, bodyBytes: parts.limits.bodyBytes, ipOf };
  const { rest } = parts;
  const openApi = rest === undefined ? undefined : renderJson(200, rest.openApi);
  return [
    ...(openApi === undefined
      ? []
      : [
          {
            method: 'GET',
            path: '/openapi.json',
            target: { page: (request, response) => send(response, openApi, requestIdOf(request)) } satisfies Target,
          },
        ]),
    ...(parts.pages ?? []).map(
      (each): RouteEntry<Target> => ({
        method: 'GET',
        path: each.path,
        target: { page: (request, response) => each.handle(request, response) },
      }),
    ),
    ...(rest?.routes ?? []).map(
      (route): RouteEntry<Target> => ({ method: route.method, path: route.path, target: { door: restHandler(route, doorParts) } }),
    ),
    ...(parts.doors ?? []).map(
      (door): RouteEntry<Target> => ({ method: door.method, path: door.path, target: { door: protocolHandler(door, doorParts) } }),
    ),
  ];
}

/** What never became a request: the parser's verdict as a status, then the connection ends. */
function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
