import type { GraphQLSchema } from 'graphql';
import type { Clock, Log, Meter, RestRoute, Viewer } from '../../plugins/kernel/index.ts';
import { digestOfApiKey } from '../../server/auth/api-keys.ts';
import { createAuthenticator } from '../../server/auth/authenticate.ts';
import { issueDemoTokens } from '../../server/auth/development.ts';
import { createHttpServer, type HttpServerParts } from '../../server/http/http-server.ts';
import { createRateLimiter, type RateLimiter } from '../../server/http/rate-limiter.ts';
import { LIMITS, type Limits } from '../../server/limits.ts';
import { createPersisted } from '../../server/pipeline/persisted.ts';
import { createPipeline, type PipelineOptions } from '../../server/pipeline/pipeline.ts';
import type { Caller } from '../../server/pipeline/types.ts';
import { createRestDoor } from '../../server/rest/rest-door.ts';
import { testSchema } from './schema.ts';

export const SECRET = 'a secret of thirty-two bytes or more';
export const API_KEY = 'key-of-the-ingest-server';

export const clock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function memoryLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const write =
    (level: string) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      lines.push({ level, message, fields });
    };
  return { lines, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export const noMeter: Meter = {
  counter: () => ({ add: () => undefined }),
  gauge: () => undefined,
  histogram: () => ({ observe: () => undefined }),
};

export interface Options extends Partial<Omit<PipelineOptions, 'limits'>> {
  readonly limits?: Partial<Limits>;
  readonly routes?: readonly RestRoute[];
  readonly http?: Partial<HttpServerParts>;
  readonly registered?: readonly string[];
}

export function testPipeline(options: Options = {}) {
  const schema: GraphQLSchema = options.schema ?? testSchema();
  const limits: Limits = { ...LIMITS, ...options.limits };
  const log = memoryLog();
  const persisted = createPersisted({ clock, registered: options.registered ?? [] });
  const rateLimiter: RateLimiter = options.rateLimiter ?? createRateLimiter({ limits, clock, log });
  const pipeline = createPipeline({
    introspection: true,
    onlyPersisted: false,
    meter: noMeter,
    ...options,
    schema,
    limits,
    log,
    clock,
    persisted,
    rateLimiter,
  });
  return { schema, limits, log, persisted, rateLimiter, pipeline };
}

export const anyone = (viewer?: Partial<Viewer>): Caller => ({
  viewer: { kind: 'anonymous', id: '', scopes: new Set(), expiresAtMs: null, ...viewer },
  ip: '127.0.0.1',
  requestId: 'r1',
  signal: new AbortController().signal,
});

/** A whole HTTP server on a free port, with tokens of every kind. Close it. */
export async function testGateway(options: Options = {}) {
  const parts = testPipeline(options);
  const { schema, limits, log, pipeline, persisted } = parts;
  const authenticator = createAuthenticator({
    clock,
    tokens: { secret: SECRET },
    apiKeys: [{ id: 'ingest', sha256: digestOfApiKey(API_KEY), scopes: ['scores:write'] }],
  });
  const rest = options.routes === undefined ? {} : { rest: createRestDoor({ routes: options.routes, pipeline, schema, persisted }) };
  const http = createHttpServer({ schema, pipeline, authenticator, limits, log, ...rest, ...options.http });
  const port = await http.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const [user] = await issueDemoTokens(SECRET, clock.now());
  return {
    ...parts,
    authenticator,
    http,
    port,
    url,
    token: user?.token ?? '',
    close: () => http.close({ drainMs: 1_000 }),
    /** One POST of JSON through the lean lane, unless the headers say otherwise. */
    post: (body: unknown, headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    get: (params: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql?${new URLSearchParams(params).toString()}`, { headers }),
  };
}
