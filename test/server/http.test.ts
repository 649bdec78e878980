import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Door } from '../../plugins/kernel/index.ts';
import { type Options, testGateway } from './gateway.ts';
import { testSchema } from './schema.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const open = async (options: Options = {}) => {
  const gateway = await testGateway(options);
  closers.push(gateway.close);
  return gateway;
};

const until = async (isTrue: () => boolean): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error('it never came to be');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** A bare socket that gathers what comes back. */
const dial = async (port: number): Promise<{ socket: Socket; text: () => string; ended: () => boolean }> => {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isEnded = false;
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('close', () => (isEnded = true));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, text: () => text, ended: () => isEnded };
};

const codeOf = async (response: Response) => {
  const body = (await response.json()) as { errors?: { extensions: { code: string } }[]; error?: { code: string } };
  return body.errors?.[0]?.extensions.code ?? body.error?.code;
};

test('an announced body past the cap is 413, and the connection serves on', async () => {
  const gateway = await open({ limits: { bodyBytes: 1_000 } });
  const response = await gateway.post({ query: `{ hello(name: "${'x'.repeat(2_000)}") }` });
  expect([response.status, await codeOf(response)]).toEqual([413, 'BODY_TOO_LARGE']);
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
});

test('a body in chunks past the cap is 413 before it has ended', async () => {
  const gateway = await open({ limits: { bodyBytes: 1_000 } });
  const { socket, text } = await dial(gateway.port);
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
  for (let i = 0; i < 4; i += 1) socket.write(`190\r\n${'x'.repeat(400)}\r\n`);
  await until(() => text().includes('BODY_TOO_LARGE'));
  expect(text()).toMatch(/^HTTP\/1\.1 413 /);
  socket.destroy();
});

test('a body in chunks within the cap is served', async () => {
  const gateway = await open();
  const body = JSON.stringify({ query: '{ hello }' });
  const { socket, text } = await dial(gateway.port);
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
  for (const part of [body.slice(0, 5), body.slice(5)]) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
  socket.write('0\r\n\r\n');
  await until(() => text().includes('hello world'));
  expect(text()).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

test.each([
  ['{"query": "{ hello }"', 400],
  ['', 400],
  ['[{"query":"{ hello }"}]', 400],
  ['"{ hello }"', 400],
  ['{"query": 1}', 400],
  ['{"query": "{ hello }", "variables": []}', 400],
  ['{"query": "{ hello }", "variables": "x"}', 400],
  ['{"query": "{ hello }", "extensions": 1}', 400],
  ['{"query": "{ hello }", "operationName": 1}', 400],
])('the body %s is %i with a GraphQL error', async (body, status) => {
  const gateway = await open();
  const response = await gateway.post(body);
  expect([response.status, await codeOf(response)]).toEqual([status, 'BAD_REQUEST']);
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain;charset=utf-8'])(
  'a mutation as %s, which a browser sends from any page, is refused and does not run',
  async (type) => {
    const seen = { signals: [], writes: 0, release: () => undefined };
    const gateway = await open({ schema: testSchema(seen) });
    const response = await gateway.post({ query: 'mutation { write }' }, { 'content-type': type });
    expect([response.status, await codeOf(response)]).toEqual([415, 'CSRF']);
    expect(seen.writes).toBe(0);
  },
);

test('a mutation by GET is refused and does not run', async () => {
  const seen = { signals: [], writes: 0, release: () => undefined };
  const gateway = await open({ schema: testSchema(seen) });
  for (const accept of ['application/json', 'text/event-stream']) {
    const response = await gateway.get({ query: 'mutation { write }' }, { accept });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  }
  expect(seen.writes).toBe(0);
});

test('media types: JSON with a charset, graphql-response, what we do not speak', async () => {
  const gateway = await open();
  const query = { query: '{ hello }' };
  expect((await gateway.post(query, { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200);
  expect((await gateway.post(query, { 'content-type': 'application/json; charset=utf-16' })).status).toBe(415);
  expect((await gateway.post(query, { 'content-type': 'application/xml' })).status).toBe(415);
  expect((await gateway.post(query, { accept: 'text/html' })).status).toBe(406);
  const preferred = await gateway.post(query, { accept: 'application/json;q=0.5, application/graphql-response+json' });
  expect(preferred.headers.get('content-type')).toContain('application/graphql-response+json');
  expect((await gateway.post({ query: '{ nope }' }, { accept: 'application/graphql-response+json' })).status).toBe(400);
  expect((await gateway.post({ query: '{ nope }' }, { accept: 'application/json' })).status).toBe(200);
});

test('unknown paths are 404, wrong methods 405 with Allow, both as JSON', async () => {
  const gateway = await open({ http: { pages: [{ path: '/health', handle: (_request, response) => void response.end('fine') }] } });
  const nowhere = await fetch(`${gateway.url}/nowhere`);
  expect([nowhere.status, await codeOf(nowhere)]).toEqual([404, 'NOT_FOUND']);
  const wrong = await fetch(`${gateway.url}/health`, { method: 'POST', body: 'x' });
  expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, OPTIONS']);
  const put = await fetch(`${gateway.url}/graphql`, { method: 'PUT', body: 'x' });
  expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, POST, OPTIONS']);
  expect(await (await fetch(`${gateway.url}/health`)).text()).toBe('fine');
});

test('a request id that came with the request goes back with the answer, and a bad one does not', async () => {
  const gateway = await open();
  const idFor = async (id: string) => (await gateway.post({ query: '{ hello }' }, { 'x-request-id': id })).headers.get('x-request-id');
  expect(await idFor('trace-1.2:3')).toBe('trace-1.2:3');
  expect(await idFor('<script>')).toMatch(/^[0-9a-f]{12}-\w+$/);
});

test('pages of other origins read answers only where they are allowed to', async () => {
  const closed = await open();
  expect(
    (await closed.post({ query: '{ hello }' }, { origin: 'http://localhost:5173' })).headers.get('access-control-allow-origin'),
  ).toBeNull();
  const gateway = await open({ http: { corsOrigins: ['localhost', 'https://app.example'] } });
  const allowed = async (origin: string) =>
    (await gateway.post({ query: '{ hello }' }, { origin })).headers.get('access-control-allow-origin');
  expect(await allowed('http://localhost:5173')).toBe('http://localhost:5173');
  expect(await allowed('https://app.example')).toBe('https://app.example');
  expect(await allowed('https://app.example.evil')).toBeNull();
  expect(await allowed('http://localhost.evil:80')).toBeNull();
  const preflight = await fetch(`${gateway.url}/graphql`, {
    method: 'OPTIONS',
    headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
  });
  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, 'https://app.example']);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
});

test('a protocol door gets the raw body up to its own cap, path parameters and the viewer', async () => {
  const door: Door = {
    method: 'POST',
    path: '/hooks/{source}',
    bodyBytesMax: 8,
    handle: async ({ body, params, query, viewer }) => ({
      status: 202,
      headers: { 'x-door': 'yes' },
      body: JSON.stringify({ bytes: [...body], source: params['source'], a: query.get('a'), kind: viewer.kind }),
    }),
  };
  const gateway = await open({ http: { doors: [door] } });
  const response = await fetch(`${gateway.url}/hooks/psp%2Fone?a=1`, { method: 'POST', body: new Uint8Array([0, 255, 10]) });
  expect([response.status, response.headers.get('x-door')]).toEqual([202, 'yes']);
  expect(await response.json()).toEqual({ bytes: [0, 255, 10], source: 'psp/one', a: '1', kind: 'anonymous' });
  expect((await fetch(`${gateway.url}/hooks/x`, { method: 'POST', body: 'x'.repeat(9) })).status).toBe(413);
  expect((await fetch(`${gateway.url}/hooks/x`, { method: 'POST', headers: { authorization: 'Bearer bad' } })).status).toBe(401);
  expect((await fetch(`${gateway.url}/hooks/%zz`, { method: 'POST' })).status).toBe(400);
});

test('a door that throws is masked and logged once', async () => {
  const door: Door = { method: 'GET', path: '/d', bodyBytesMax: 0, handle: () => Promise.reject(new Error('password=hunter2')) };
  const gateway = await open({ http: { doors: [door] } });
  const response = await fetch(`${gateway.url}/d`);
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('hunter2');
  expect(gateway.log.lines.filter((line) => line.level === 'error')).toHaveLength(1);
});

test.each(['POST', 'GET'])('a client of %s that goes away aborts its operation', async (method) => {
  const signals: AbortSignal[] = [];
  const gateway = await open({ schema: testSchema({ signals, writes: 0, release: () => undefined }) });
  const { socket } = await dial(gateway.port);
  const body = JSON.stringify({ query: '{ waits }' });
  if (method === 'POST')
    socket.write(`POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  else socket.write(`GET /graphql?query=${encodeURIComponent('{ waits }')} HTTP/1.1\r\nhost: x\r\n\r\n`);
  await until(() => signals.length === 1);
  expect(signals[0]?.aborted).toBe(false);
  socket.destroy();
  await until(() => signals[0]?.aborted === true);
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
});

test('a subscriber by server-sent events that goes away ends its subscription', async () => {
  const signals: AbortSignal[] = [];
  const gateway = await open({ schema: testSchema({ signals, writes: 0, release: () => undefined }) });
  const { socket, text } = await dial(gateway.port);
  socket.write(
    `GET /graphql?query=${encodeURIComponent('subscription { endless }')} HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n`,
  );
  await until(() => text().includes('"endless":1'));
  expect(signals[0]?.aborted).toBe(false);
  socket.destroy();
  await until(() => signals[0]?.aborted === true);
});

test('a client that leaves in the middle of its body harms nobody', async () => {
  const gateway = await open();
  const { socket, ended } = await dial(gateway.port);
  socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"query":');
  socket.destroy();
  await until(ended);
  expect((await gateway.post({ query: '{ hello }' })).status).toBe(200);
  expect(gateway.log.lines).toEqual([]);
});

test('requests sent ahead on one connection are answered in order', async () => {
  const gateway = await open();
  const { socket, text } = await dial(gateway.port);
  for (const name of ['one', 'two', 'three']) {
    const body = JSON.stringify({ query: `{ ${name === 'one' ? 'later ' : ''}hello(name: "${name}") }` });
    socket.write(`POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  }
  await until(() => text().includes('hello three'));
  expect(text().match(/hello (one|two|three)/g)).toEqual(['hello one', 'hello two', 'hello three']);
  socket.destroy();
});

test('a head that is too large or broken is refused and the connection ends', async () => {
  const gateway = await open();
  for (const [bytes, status] of [
    [`GET / HTTP/1.1\r\nhost: x\r\nx-big: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
    ['NONSENSE\r\n\r\n', '400'],
  ] as const) {
    const { socket, text, ended } = await dial(gateway.port);
    socket.write(bytes);
    await until(ended);
    expect(text().slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  }
});

test('closing lets an open request end with `connection: close`, takes no new connection, and ends idle ones', async () => {
  const seen = { signals: [], writes: 0, release: () => undefined };
  const gateway = await testGateway({ schema: testSchema(seen) });
  const idle = await dial(gateway.port);
  const open = gateway.post({ query: '{ waits }' });
  await until(() => seen.signals.length === 1);
  const closed = gateway.http.close({ drainMs: 10_000 });
  await until(idle.ended);
  await expect(fetch(`${gateway.url}/health`)).rejects.toThrow();
  seen.release();
  const response = await open;
  expect(await response.json()).toEqual({ data: { waits: 'released' } });
  expect(response.headers.get('connection')).toBe('close');
  await closed;
});

test('what is still open when the drain is over is cut, and its signal aborted', async () => {
  const signals: AbortSignal[] = [];
  const gateway = await testGateway({ schema: testSchema({ signals, writes: 0, release: () => undefined }) });
  const open = gateway.post({ query: '{ waits }' }).then(
    () => 'answered',
    () => 'cut',
  );
  await until(() => signals.length === 1);
  await gateway.http.close({ drainMs: 50 });
  expect(await open).toBe('cut');
  await until(() => signals[0]?.aborted === true);
});
