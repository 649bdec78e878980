import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { WebSocket } from 'ws';
import type { Viewer } from '../../../plugins/kernel/index.ts';
import { createLoader } from '../../../resolvers/loader.ts';
import type { Context } from '../../../schema/context.ts';
import type { Limits } from '../../../server/limits.ts';
import { createLive, type LiveOptions } from '../../../server/live/live.ts';
import { clock, noMeter, testPipeline } from '../gateway.ts';

export interface Tick {
  readonly n: number;
  readonly cursor: string;
  readonly padding?: string;
}

/** Streams of ticks, pushed by the test, with a log behind so that `after` resumes. */
export function createTicker() {
  const log: Tick[] = [];
  const listeners = new Set<() => void>();
  let fault: Error | undefined;
  return {
    listeners,
    opened: 0,
    push(count = 1, padding?: string) {
      for (let i = 0; i < count; i += 1)
        log.push({ n: log.length + 1, cursor: `c${log.length + 1}`, ...(padding !== undefined && { padding }) });
      for (const wake of listeners) wake();
    },
    fail(error: Error) {
      fault = error;
      for (const wake of listeners) wake();
    },
    async *follow(after: string | null | undefined, signal: AbortSignal): AsyncGenerator<Tick> {
      let at = after == null ? log.length : Number(after.slice(1));
      let wake = () => undefined as void;
      const listener = () => wake();
      listeners.add(listener);
      signal.addEventListener('abort', listener);
      try {
        while (!signal.aborted) {
          if (fault) throw fault;
          const tick = log[at];
          if (tick) {
            at += 1;
            yield tick;
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        listeners.delete(listener);
        signal.removeEventListener('abort', listener);
      }
    },
  };
}

/** What ran. */
export interface Counts {
  executions: number;
  batches: number[][];
}

export function liveSchema(ticker: ReturnType<typeof createTicker>, counts: Counts) {
  const loadName = createLoader<number, string>(async (keys) => {
    counts.batches.push([...keys]);
    return keys.map((key) => `name ${key}`);
  });
  const TickType = new GraphQLObjectType<Tick, Context>({
    name: 'Tick',
    fields: {
      n: { type: new GraphQLNonNull(GraphQLInt) },
      cursor: { type: new GraphQLNonNull(GraphQLString) },
      padding: { type: GraphQLString },
      name: { type: GraphQLString, resolve: (tick, _args, context) => loadName(context, tick.n) },
      sameName: { type: GraphQLString, resolve: (tick, _args, context) => loadName(context, tick.n) },
      reader: { type: GraphQLString, extensions: { viewer: true }, resolve: (_tick, _args, context) => context.viewer.id },
      readerSeen: { type: GraphQLString, resolve: (_tick, _args, context) => context.viewer.id },
    },
  });
  const args = { after: { type: GraphQLString }, room: { type: GraphQLString } };
  const feed = (shared: 'latest' | 'live' | undefined) => ({
    type: TickType,
    args,
    ...(shared && { extensions: { shared } }),
    subscribe: (_root: unknown, { after }: { after?: string | null }, { signal }: Context) => {
      ticker.opened += 1;
      return ticker.follow(after, signal);
    },
    resolve: (tick: Tick) => {
      counts.executions += 1;
      return tick;
    },
  });
  return new GraphQLSchema({
    query: new GraphQLObjectType<unknown, Context>({
      name: 'Query',
      fields: {
        hello: { type: GraphQLString, resolve: () => 'world' },
        me: { type: GraphQLString, resolve: (_root, _args, { viewer }) => viewer.id },
        numbers: { type: new GraphQLList(GraphQLInt), resolve: () => [1, 2, 3] },
        never: {
          type: GraphQLString,
          resolve: (_root, _args, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'))),
        },
      },
    }),
    mutation: new GraphQLObjectType({ name: 'Mutation', fields: { push: { type: GraphQLInt, resolve: () => (ticker.push(), 1) } } }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: {
        live: feed('live'),
        latest: feed('latest'),
        own: feed(undefined),
        broken: {
          type: TickType,
          subscribe: () => {
            throw new Error('password=hunter2');
          },
        },
      },
    }),
  });
}

/** A server on a free port with controllable feeds. Credentials: the header `authorization: <name>[:<expires at ms>][:scope+scope]`. */
export async function liveRig(options: { limits?: Partial<Limits>; live?: Partial<LiveOptions> } = {}) {
  const ticker = createTicker();
  const counts: Counts = { executions: 0, batches: [] };
  const { pipeline, limits, log } = testPipeline({
    schema: liveSchema(ticker, counts),
    limits: { socketsPerViewer: 5_000, ...options.limits },
  });
  const live = createLive({
    pipeline,
    limits,
    log,
    meter: noMeter,
    clock,
    authenticate: async (headers) => viewerOf(headers['authorization']),
    ...options.live,
  });
  const server = createServer((_request, response) => response.end('ok'));
  live.attach(server);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/graphql`;
  return {
    ticker,
    counts,
    live,
    server,
    sockets,
    port,
    url,
    log,
    pipeline,
    limits,
    async close() {
      await live.drain({ deadlineMs: 200 });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function viewerOf(header: string | readonly string[] | undefined): Viewer {
  if (header === undefined) return { kind: 'anonymous', id: '', scopes: new Set(), expiresAtMs: null };
  const [id = '', expires = '', scopes = ''] = String(header)
    .replace(/^Bearer /, '')
    .split(':');
  if (id === 'bad') throw new Error('bad credential');
  const expiresAtMs = expires === '' ? null : Number(expires);
  if (expiresAtMs !== null && expiresAtMs <= clock.now()) throw new Error('expired');
  return { kind: 'user', id, scopes: new Set(scopes === '' ? [] : scopes.split('+')), expiresAtMs };
}

export type Sent = Record<string, unknown> & { type: string; id?: string; payload?: never };

/** A socket that speaks the protocol by hand. */
export async function rawClient(url: string, options: { init?: unknown; protocol?: string; headers?: Record<string, string> } = {}) {
  const ws = new WebSocket(url, options.protocol ?? 'graphql-transport-ws', { perMessageDeflate: false, headers: options.headers ?? {} });
  const messages: Sent[] = [];
  const wakers = new Set<() => void>();
  const wake = () => {
    for (const each of wakers) each();
  };
  let closed: { code: number; reason: string } | undefined;
  ws.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Sent);
    wake();
  });
  ws.on('close', (code, reason) => {
    closed = { code, reason: reason.toString() };
    wake();
  });
  ws.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    ws.once('open', () => resolve());
    ws.once('error', reject);
  });
  const client = {
    ws,
    messages,
    send: (message: unknown) => ws.send(typeof message === 'string' ? message : JSON.stringify(message)),
    subscribe: (id: string, query: string, variables?: Record<string, unknown>) =>
      client.send({ id, type: 'subscribe', payload: { query, ...(variables && { variables }) } }),
    of: (id: string, type = 'next') => messages.filter((message) => message.id === id && message.type === type),
    until: (isMet: () => boolean, what: string) => until(isMet, what, wakers),
    closed: async () => {
      await until(() => closed !== undefined, 'the socket to close', wakers);
      return closed ?? { code: 0, reason: '' };
    },
  };
  if (options.init !== undefined) {
    client.send({ type: 'connection_init', ...(options.init !== null && { payload: options.init }) });
    await client.until(() => messages.some(({ type }) => type === 'connection_ack'), 'the acknowledgement');
  }
  return client;
}

const DEADLINE_MS = 20_000;

/** Resolves when the condition is met; looks when woken and every few milliseconds. */
export async function until(isMet: () => boolean, what: string, wakers?: Set<() => void>): Promise<void> {
  const endMs = performance.now() + DEADLINE_MS;
  while (!isMet()) {
    if (performance.now() > endMs) throw new Error(`waited too long for ${what}`);
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        wakers?.delete(done);
        resolve();
      };
      const timer = setTimeout(done, 5);
      wakers?.add(done);
    });
  }
}
