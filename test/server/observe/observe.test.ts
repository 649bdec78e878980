import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { createHealth, type HealthOptions } from '../../../server/observe/health.ts';
import { createLog } from '../../../server/observe/log.ts';
import { createMeters, createRegistry } from '../../../server/observe/meters.ts';
import { createMetricsHandler } from '../../../server/observe/metrics-handler.ts';
import { withTracer } from '../../../server/observe/tracer.ts';
import { anyone, testPipeline } from '../gateway.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(handle: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(handle);
  closers.push(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the log', () => {
  const written = (level: 'debug' | 'info', pretty = false) => {
    const lines: string[] = [];
    return { lines, log: createLog({ level, pretty, write: (line) => void lines.push(line) }) };
  };

  test('is one line of JSON an event, with the fields of its children, from its level on', () => {
    const { lines, log } = written('info');
    log.debug('hidden');
    log.child({ plugin: 'users' }).info('listening', { port: 4000, requestId: 'r1' });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', message: 'listening', plugin: 'users', port: 4000, requestId: 'r1' });
  });

  test.each([
    ['a header', { headers: { Authorization: 'Bearer hunter2', Cookie: 'sid=hunter2' } }],
    ['an API key', { apiKey: 'hunter2', 'x-api-key': ['hunter2'] }],
    ['a token in a text', { detail: 'sent Bearer hunter2-hunter2 to us' }],
    ['a JWT in a text', { detail: 'got eyJhbGciOiJIUzI1NiJ9.hunter2.hunter2' }],
    ['a password in a URL', { url: 'postgres://user:hunter2@host:5432/name', other: 'redis://:hunter2@host' }],
    ['a password with an @ in a URL', { url: 'postgres://user:hunt@hunter2@host/name' }],
    [
      'an error, its cause and its own fields',
      { error: Object.assign(new Error('redis://:hunter2@h', { cause: new Error('Bearer hunter2') }), { password: 'hunter2' }) },
    ],
    ['a nested secret', { a: { b: [{ clientSecret: 'hunter2' }] } }],
  ])('says no secret: %s', (_what, fields) => {
    for (const pretty of [false, true]) {
      const { lines, log } = written('info', pretty);
      log.info('connected', fields);
      log.info(`connected ${JSON.stringify(fields)}`.replaceAll('"hunter2"', '""'));
      expect(lines[0]).toContain('redacted');
      expect(lines[0]).not.toContain('hunter2');
    }
  });

  test('survives what cannot be written as JSON', () => {
    const { lines, log } = written('info');
    const circle: Record<string, unknown> = { big: 1n, fn: () => 1, map: new Map([['a', 1]]), bytes: new Uint8Array(3) };
    circle['self'] = circle;
    log.info('odd', circle);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ big: '1', map: { a: 1 }, bytes: '3 bytes' });
  });

  test('pretty: a readable line, an error’s stack below it', () => {
    const { lines, log } = written('debug', true);
    log.error('failed', { port: 4000, error: new Error('no luck') });
    const text = stripVTControlCharacters(lines[0] ?? '');
    expect(text).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error failed port=4000 error="no luck"\nError: no luck\n {4}at /);
  });
});

describe('metrics', () => {
  test('counters, gauges and histograms of plugins appear under their names', async () => {
    const registry = createRegistry();
    const meter = createMeters(registry)('users');
    const plain = meter.counter('reads_total', 'Reads.');
    plain.add(2);
    meter.counter('reads_total', 'Reads.').add(3);
    meter.counter('writes_total', 'Writes.', ['kind']).add(1, { kind: 'profile' });
    meter.gauge('lag_records', 'Lag.', () => [{ value: 7, labels: { partition: '0' } }]);
    meter.gauge('broken', 'Throws.', () => {
      throw new Error('no');
    });
    meter.histogram('read_seconds', 'Time.', [0.1, 1], ['port']).observe(0.5, { port: 'kv' });
    const handle = createMetricsHandler(registry);
    const url = await serve((request, response) => void handle(request, response));
    const answer = await fetch(url);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/plain');
    for (const line of [
      'portico_users_reads_total 5',
      'portico_users_writes_total{kind="profile"} 1',
      'portico_users_lag_records{partition="0"} 7',
      'portico_users_read_seconds_bucket{le="1",port="kv"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('process_cpu_seconds_total');
    expect(await (await fetch(url)).text()).toContain('portico_users_reads_total 5');
  });
});

describe('health', () => {
  const port = (
    place: string,
    health: HealthOptions['ports'] extends () => readonly (infer P)[] ? (P & { health: unknown })['health'] : never,
  ) => ({
    place,
    port: 'key-value',
    resource: 'hot',
    adapter: 'redis',
    health,
  });
  const ask = async (options: HealthOptions, path: string) => {
    const health = createHealth(options);
    const answer = await fetch((await serve((request, response) => void health.handle(request, response))) + path);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const ok = () => Promise.resolve({ status: 'ok' as const, latencyMs: 1 });

  test('ready names every port and every work, with status, latency and lag', async () => {
    const works = () => [{ name: 'users.record', work: { status: () => ({ state: 'running' as const, lag: 3 }) } }];
    expect(await ask({ ports: () => [port('users.cache', ok)], works }, '/health/ready')).toEqual({
      status: 200,
      body: {
        status: 'ok',
        ports: [{ place: 'users.cache', port: 'key-value', resource: 'hot', adapter: 'redis', status: 'ok', latencyMs: 1 }],
        work: [{ name: 'users.record', state: 'running', lag: 3 }],
      },
    });
  });

  test('a port that is down, throws, or does not answer within a second makes it 503, and is named', async () => {
    const ports = () => [
      port('a.ok', ok),
      port('a.down', () => Promise.resolve({ status: 'down' as const, detail: 'refused' })),
      port('a.throws', () => Promise.reject(new Error('password=hunter2'))),
      port('a.hangs', () => new Promise<never>(() => undefined)),
    ];
    const { status, body } = await ask({ ports }, '/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({
      status: 'down',
      ports: [
        { status: 'ok' },
        { status: 'down', detail: 'refused' },
        { status: 'down' },
        { status: 'down', detail: 'no answer within 1000 ms' },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  test('live asks no port, degraded is still ready, stopping is not', async () => {
    const never = () => [port('a.hangs', () => new Promise<never>(() => undefined))];
    expect(await ask({ ports: never }, '/health/live')).toEqual({ status: 200, body: { status: 'ok' } });
    const failing = () => [{ name: 'a.record', work: { status: () => ({ state: 'failing' as const }) } }];
    expect(await ask({ ports: () => [port('a.ok', ok)], works: failing }, '/health/ready')).toMatchObject({
      status: 200,
      body: { status: 'degraded' },
    });
    expect(await ask({ ports: () => [], isStopping: () => true }, '/health')).toMatchObject({
      status: 503,
      body: { status: 'stopping', uptimeSeconds: 0 },
    });
  });
});

describe('the tracer', () => {
  test('sees every operation begin and end, by name and outcome, and no variables', async () => {
    const seen: unknown[] = [];
    const { pipeline } = testPipeline();
    const traced = withTracer(pipeline, {
      start: (name, attributes) => ({ end: (outcome) => void seen.push([name, attributes, outcome]) }),
    });
    await traced.run(
      { query: 'query Hello($name: String) { hello(name: $name) }', operationName: 'Hello', variables: { name: 'hunter2' } },
      anyone(),
    );
    await traced.runNow({ query: '{ broken }' }, anyone());
    expect(seen).toMatchObject([
      ['graphql.operation', { 'graphql.operation.name': 'Hello', 'portico.request_id': 'r1' }, { status: 200, hasErrors: false }],
      ['graphql.operation', {}, { hasErrors: true }],
    ]);
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });
});
