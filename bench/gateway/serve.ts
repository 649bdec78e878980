import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphQLSchema } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { createBuilder } from '../../schema/builder.ts';
import { createAuthenticator } from '../../server/auth/authenticate.ts';
import { systemClock } from '../../server/environment.ts';
import { createHttpServer } from '../../server/http/http-server.ts';
import { createRateLimiter } from '../../server/http/rate-limiter.ts';
import { LIMITS } from '../../server/limits.ts';
import { createLog } from '../../server/observe/log.ts';
import { createMeters, createRegistry } from '../../server/observe/meters.ts';
import { createPersisted } from '../../server/pipeline/persisted.ts';
import { createPipeline } from '../../server/pipeline/pipeline.ts';
import { ANSWER, RESOLVERS, ROWS, type Row, SECRET, TYPE_DEFS } from './operation.ts';

/** One server of the comparison in its own process: prints its port, then its CPU microseconds whenever it is asked on stdin. */
const SERVERS: Readonly<Record<string, () => Promise<number>>> = { raw, portico, mercurius, apollo, yoga };

const name = process.argv[2] ?? '';
const port = await SERVERS[name]?.();
process.stdout.write(`${port}\n`);
process.stdin.on('data', () => {
  const { user, system } = process.cpuUsage();
  process.stdout.write(`${user + system} ${Math.round(process.memoryUsage().rss / 1024 / 1024)}\n`);
});
process.on('SIGTERM', () => process.exit(0));

function onFreePort(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

/** What no GraphQL server can beat: reads and parses the body, stringifies the rows. */
async function raw(): Promise<number> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { variables: { first: number } };
      const text = JSON.stringify({ data: { top: ROWS.slice(0, body.variables.first) } });
      if (text.length !== ANSWER.length) throw new Error('another answer');
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return onFreePort(server);
}

async function portico(): Promise<number> {
  const limits = { ...LIMITS, operationsPerMinuteViewer: Number.MAX_SAFE_INTEGER };
  const log = createLog({ level: 'info', write: () => undefined });
  const meter = createMeters(createRegistry())('graphql');
  const schema = porticoSchema();
  const pipeline = createPipeline({
    schema,
    limits,
    log,
    meter,
    clock: systemClock,
    rateLimiter: createRateLimiter({ limits, clock: systemClock, log }),
    persisted: createPersisted({ clock: systemClock }),
    introspection: false,
    onlyPersisted: false,
  });
  const authenticator = createAuthenticator({ clock: systemClock, tokens: { secret: SECRET } });
  return createHttpServer({ schema, pipeline, authenticator, limits, log }).listen(0, '127.0.0.1');
}

function porticoSchema(): GraphQLSchema {
  const builder = createBuilder();
  const Country = builder
    .objectRef<Row['country']>('Country')
    .implement({ fields: (t) => ({ id: t.exposeID('id'), code: t.exposeString('code') }) });
  const Player = builder.objectRef<Row>('Player').implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      score: t.exposeInt('score'),
      country: t.field({ type: Country, resolve: (player) => player.country }),
    }),
  });
  builder.queryField('top', (t) =>
    t.field({ type: [Player], args: { first: t.arg.int({ required: true }) }, resolve: (_root, { first }) => ROWS.slice(0, first) }),
  );
  builder.mutationField('none', (t) => t.boolean({ resolve: () => true }));
  builder.subscriptionField('none', (t) => t.boolean({ subscribe: () => (async function* () {})(), resolve: () => true }));
  return builder.toSchema();
}

async function mercurius(): Promise<number> {
  const { default: fastify } = await import('fastify');
  const { default: plugin } = await import('mercurius');
  const app = fastify();
  await app.register(plugin, { schema: TYPE_DEFS, resolvers: RESOLVERS, jit: 1 });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

async function apollo(): Promise<number> {
  const { ApolloServer } = await import('@apollo/server');
  const { startStandaloneServer } = await import('@apollo/server/standalone');
  const server = new ApolloServer({ typeDefs: TYPE_DEFS, resolvers: RESOLVERS });
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
  return Number(new URL(url).port);
}

async function yoga(): Promise<number> {
  const handle = createYoga({ schema: createSchema({ typeDefs: TYPE_DEFS, resolvers: RESOLVERS }), logging: false });
  return onFreePort(createServer((request, response) => void handle(request, response)));
}
