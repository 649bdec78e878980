import type { IncomingMessage } from 'node:http';
import type { Registry } from 'prom-client';
import type { AnyPlugin } from '../plugins/kernel/index.ts';
import { KeyValue } from '../ports/index.ts';
import { createAuthenticator } from './auth/authenticate.ts';
import { type DemoToken, developmentSecret, issueDemoTokens } from './auth/development.ts';
import type { Gateway } from './compose/gateway.ts';
import { type OpenPort, type OpenResources, openResources, StartError } from './compose/open.ts';
import { buildSchema } from './compose/schema.ts';
import { buildServices, type Services } from './compose/services.ts';
import { runWorks } from './compose/work.ts';
import type { Config } from './config.ts';
import { systemClock } from './environment.ts';
import { createGraphiqlHandler } from './graphiql/handler.ts';
import { createIpOf } from './http/client-ip.ts';
import { createHttpServer, type HttpServer } from './http/http-server.ts';
import { createRateLimiter } from './http/rate-limiter.ts';
import { createLive, type Live } from './live/live.ts';
import { createHealth, type HealthCheck } from './observe/health.ts';
import type { ServerLog } from './observe/log.ts';
import { createMeters, createRegistry } from './observe/meters.ts';
import { createMetricsHandler } from './observe/metrics-handler.ts';
import { type Tracer, withTracer } from './observe/tracer.ts';
import { createPersisted } from './pipeline/persisted.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import { createRestDoor } from './rest/rest-door.ts';

export interface RunningGateway {
  /** `http://127.0.0.1:4000`. */
  readonly url: string;
  /** One line a resource, e.g. `PostgreSQL 18.4 …`. */
  readonly engines: Readonly<Record<string, string>>;
  readonly ports: readonly OpenPort[];
  readonly plugins: readonly AnyPlugin[];
  /** Credentials to try things with; empty in production. */
  readonly demoTokens: readonly DemoToken[];
  /** Stops accepting, tells subscribers to resume elsewhere, drains, ends background work, closes ports, then engines. Idempotent. */
  close(): Promise<void>;
}

/**
 * Connect all → migrate → open ports → services → background work → listen; `close` is the reverse. On a failure everything that was
 * opened is closed again and the problem thrown.
 */
export async function startGateway(gateway: Gateway, config: Config, log: ServerLog): Promise<RunningGateway> {
  const stopped = new AbortController();
  const registry = createRegistry();
  const meters = createMeters(registry);
  const resources = await openResources(gateway, { log, signal: stopped.signal, now: systemClock.now });
  const plugins = gateway.bound.map(({ plugin }) => plugin);
  try {
    const services = await buildServices(gateway, resources, {
      log: (plugin) => log.child({ plugin }),
      meter: meters,
      signal: stopped.signal,
    });
    const works = runWorks(services.works, { clock: systemClock, log, signal: stopped.signal });
    const state = { isStopping: false };
    const health = createHealth({ ports: () => resources.ports, works: () => works.works, isStopping: () => state.isStopping });
    const doors = await openDoors({ tracer: gateway.tracer, plugins, services, resources, config, log, registry, meters, health });
    const port = await doors.http.listen(config.port, config.host).catch((error: unknown) => refuseToListen(error, config));
    let closing: Promise<void> | undefined;
    const close = async () => {
      state.isStopping = true;
      await Promise.all([doors.live.drain({ deadlineMs: config.limits.drainMs }), doors.http.close({ drainMs: config.limits.drainMs })]);
      stopped.abort();
      await works.done;
      await doors.close();
      await resources.close();
    };
    return {
      url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`,
      engines: resources.descriptions,
      ports: resources.ports,
      plugins,
      demoTokens: doors.demoTokens,
      close: () => (closing ??= close()),
    };
  } catch (error) {
    stopped.abort();
    await resources.close();
    throw error;
  }
}

/** Why the address cannot be had, and which setting to change. */
function refuseToListen(error: unknown, { host, port }: Config): never {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = LISTEN_PROBLEMS[code];
  if (why === undefined) throw error;
  throw new StartError([`cannot listen on ${host}, port ${port}: ${why}`], error);
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken, perhaps by another gateway. Stop it, or set PORT to another one',
  EACCES: 'this user may not open it. Set PORT to 1024 or higher',
  EADDRNOTAVAIL: 'this machine has no such address. Set HOST to one of its own',
  ENOTFOUND: 'there is no such host. Set HOST to an address of this machine',
  EAI_AGAIN: 'there is no such host. Set HOST to an address of this machine',
};

interface DoorParts {
  readonly tracer: Tracer | undefined;
  readonly plugins: readonly AnyPlugin[];
  readonly services: Services;
  readonly resources: OpenResources;
  readonly config: Config;
  readonly log: ServerLog;
  readonly registry: Registry;
  readonly meters: ReturnType<typeof createMeters>;
  readonly health: HealthCheck;
}

interface OpenDoors {
  readonly http: HttpServer;
  readonly live: Live;
  readonly demoTokens: readonly DemoToken[];
  close(): Promise<void>;
}

/** Everything a client can reach, over one pipeline. */
async function openDoors({ tracer, plugins, services, resources, config, log, registry, meters, health }: DoorParts): Promise<OpenDoors> {
  const { limits } = config;
  const isDevelopment = config.mode === 'development';
  const clock = systemClock;
  const secret = await developmentSecret(config);
  const authenticator = createAuthenticator({
    clock,
    apiKeys: config.apiKeys,
    ...tokenSettings(config, secret),
  });
  const keyValue = await resources.openShared(KeyValue);
  const shared = keyValue === undefined ? {} : { keyValue };
  const schema = buildSchema(plugins, (plugin) => services.of(plugin));
  const rateLimiter = createRateLimiter({ limits, clock, log, ...shared });
  const persisted = createPersisted({ clock, ...shared });
  const plain = createPipeline({
    schema,
    limits,
    log,
    meter: meters('graphql'),
    clock,
    rateLimiter,
    persisted,
    introspection: config.introspection,
    onlyPersisted: config.persistedOnly,
    suggestions: isDevelopment,
  });
  const pipeline = tracer === undefined ? plain : withTracer(plain, tracer);
  const ipOf = createIpOf(config.trustProxy);
  const live = createLive({
    pipeline,
    limits,
    log,
    meter: meters('live'),
    clock,
    ipOf: (request: IncomingMessage) => ipOf(request),
    async authenticate(headers) {
      const outcome = await authenticator.authenticate(headers);
      if (!outcome.ok) throw new Error(outcome.reason);
      return outcome.viewer;
    },
  });
  const demoTokens = secret === null ? [] : await issueDemoTokens(secret, clock.now());
  const metrics = createMetricsHandler(registry);
  const handleHealth = health.handle.bind(health);
  const http = createHttpServer({
    schema,
    pipeline,
    authenticator,
    limits,
    log,
    subscribe: async (operation, caller) => live.subscribe(operation, caller),
    rest: createRestDoor({ routes: plugins.flatMap(({ routes = [] }) => routes), pipeline, schema, persisted }),
    doors: plugins.flatMap(({ name, doors }) => doors?.(services.of(name) as never) ?? []),
    pages: [
      ...['/health', '/health/live', '/health/ready'].map((path) => ({ path, handle: handleHealth })),
      { path: '/metrics', handle: metrics },
    ],
    ...(config.graphiql && { graphiql: graphiqlOf(plugins, demoTokens.at(-1)?.token) }),
    corsOrigins: isDevelopment ? ['localhost', ...config.corsOrigins] : config.corsOrigins,
    trustProxy: config.trustProxy,
  });
  live.attach(http.server);
  return { http, live, demoTokens, close: () => rateLimiter.close() };
}

const graphiqlOf = (plugins: readonly AnyPlugin[], token: string | undefined) =>
  createGraphiqlHandler({
    // The systems people come for stand after those they build on.
    examples: plugins.toReversed().flatMap(({ examples = [] }) => examples),
    ...(token !== undefined && { defaultHeaders: { authorization: `Bearer ${token}` } }),
  });

function tokenSettings({ jwt }: Config, secret: string | null) {
  const claims = { ...(jwt.issuer && { issuer: jwt.issuer }), ...(jwt.audience && { audience: jwt.audience }) };
  if (jwt.jwksUrl) return { tokens: { jwksUrl: new URL(jwt.jwksUrl), ...claims } };
  const key = jwt.secret ?? secret;
  return key ? { tokens: { secret: key, ...claims } } : {};
}
