import { connect } from 'node:net';
import { createClient } from 'graphql-ws';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { liveRig, rawClient, until } from './rig.ts';

let rig: Awaited<ReturnType<typeof liveRig>>;
beforeEach(async () => {
  rig = await liveRig({ live: { initMs: 300 }, limits: { operationsPerSocket: 3 } });
});
afterEach(() => rig.close());

describe('the graphql-transport-ws protocol', () => {
  test('an unmodified graphql-ws client runs a query, a mutation and a subscription on one socket', async () => {
    const client = createClient({ url: rig.url, webSocketImpl: WebSocket, lazy: false });
    const hello = await client.iterate({ query: '{ hello }' }).next();
    expect(hello.value).toEqual({ data: { hello: 'world' } });
    const ticks = client.iterate({ query: 'subscription { live { n } }' });
    const first = ticks.next();
    await until(() => rig.ticker.listeners.size === 1, 'the feed to open');
    const pushed = await client.iterate({ query: 'mutation { push }' }).next();
    expect(pushed.value).toEqual({ data: { push: 1 } });
    expect((await first).value).toEqual({ data: { live: { n: 1 } } });
    await ticks.return?.();
    await until(() => rig.ticker.listeners.size === 0, 'the feed to close');
    await client.dispose();
  });

  test('4408: silence instead of connection_init', async () => {
    const client = await rawClient(rig.url);
    expect((await client.closed()).code).toBe(4408);
  });

  test('4401: an operation before the acknowledgement', async () => {
    const client = await rawClient(rig.url);
    client.subscribe('1', '{ hello }');
    expect(await client.closed()).toEqual({ code: 4401, reason: 'Unauthorized' });
  });

  test('4429: a second connection_init', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.send({ type: 'connection_init' });
    expect(await client.closed()).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  test('4409: an id that is in use', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('a', 'subscription { live { n } }');
    client.subscribe('a', 'subscription { live { n } }');
    expect(await client.closed()).toEqual({ code: 4409, reason: 'Subscriber for a already exists' });
  });

  test('4403: a bad credential, and no acknowledgement', async () => {
    const client = await rawClient(rig.url);
    client.send({ type: 'connection_init', payload: { authorization: 'bad' } });
    expect((await client.closed()).code).toBe(4403);
    expect(client.messages).toEqual([]);
  });

  test('4406: another subprotocol', async () => {
    const client = await rawClient(rig.url, { protocol: 'graphql-ws' }).catch((error: Error) => error.message);
    expect(client).toMatch(/subprotocol/i);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"start"}'],
    ['a message only servers send', '{"type":"next","id":"1","payload":{}}'],
    ['no id', '{"type":"subscribe","payload":{"query":"{ hello }"}}'],
    ['an empty id', '{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}'],
    ['no payload', '{"type":"subscribe","id":"1"}'],
    ['variables that are no object', '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":"x"}}'],
    ['an id of 257 characters', JSON.stringify({ type: 'subscribe', id: 'x'.repeat(257), payload: { query: '{ hello }' } })],
  ])('4400: %s', async (_what, text) => {
    const client = await rawClient(rig.url, { init: null });
    client.send(text);
    expect((await client.closed()).code).toBe(4400);
  });

  test('4400: a binary message', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.ws.send(Buffer.from('{"type":"ping"}'), { binary: true });
    expect((await client.closed()).code).toBe(4400);
  });

  test('1009: a message larger than a request may be', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.send(`{"type":"ping","payload":{"x":"${'x'.repeat(rig.limits.bodyBytes + 5_000)}"}}`);
    expect((await client.closed()).code).toBe(1009);
  });

  test('a ping is answered with its payload', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.send({ type: 'ping', payload: { at: 1 } });
    client.send({ type: 'ping' });
    await client.until(() => client.messages.length === 3, 'two pongs');
    expect(client.messages.slice(1)).toEqual([{ type: 'pong', payload: { at: 1 } }, { type: 'pong' }]);
  });

  test('a query answers next and complete; its id is free again', async () => {
    const client = await rawClient(rig.url, { init: null });
    for (let i = 0; i < 2; i += 1) {
      client.subscribe('q', '{ hello numbers }');
      await client.until(() => client.of('q', 'complete').length === i + 1, 'the answer');
    }
    expect(client.of('q').map(({ payload }) => payload)).toEqual([
      { data: { hello: 'world', numbers: [1, 2, 3] } },
      { data: { hello: 'world', numbers: [1, 2, 3] } },
    ]);
  });

  test('what fails before execution is an error message and nothing else', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('1', '{ nosuchfield }');
    client.subscribe('2', 'subscription { live { nosuchfield } }');
    client.subscribe('3', '{');
    await client.until(() => client.messages.length === 4, 'three errors');
    expect(client.messages.slice(1).map(({ id, type }) => [id, type])).toEqual([
      ['1', 'error'],
      ['2', 'error'],
      ['3', 'error'],
    ]);
  });

  test('a source that throws is masked, and its id is free again', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('1', 'subscription { broken { n } }');
    await client.until(() => client.of('1', 'error').length === 1, 'the error');
    expect(JSON.stringify(client.messages)).not.toContain('hunter2');
    client.subscribe('1', '{ hello }');
    await client.until(() => client.of('1', 'complete').length === 1, 'the answer');
  });

  test('an operation the client completes is aborted and answers nothing more', async () => {
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('1', '{ never }');
    client.send({ type: 'complete', id: '1' });
    client.subscribe('1', '{ hello }');
    await client.until(() => client.of('1', 'complete').length === 1, 'the answer');
    expect(client.of('1').map(({ payload }) => payload)).toEqual([{ data: { hello: 'world' } }]);
  });

  test('more operations than a socket may have are refused one by one, the others go on', async () => {
    const client = await rawClient(rig.url, { init: null });
    for (const id of ['1', '2', '3', '4']) client.subscribe(id, 'subscription { live { n } }');
    await client.until(() => client.of('4', 'error').length === 1, 'the refusal');
    await until(() => rig.live.stats().subscriptions === 3, 'three subscriptions');
    rig.ticker.push();
    await client.until(() => client.of('3').length === 1, 'an event');
    client.send({ type: 'complete', id: '1' });
    client.subscribe('4', '{ hello }');
    await client.until(() => client.of('4').length === 1, 'the answer');
  });

  test('the credential is read from the upgrade too, and connection_init wins', async () => {
    const byHeader = await rawClient(rig.url, { init: null, headers: { authorization: 'ann' } });
    const byInit = await rawClient(rig.url, { init: { headers: { Authorization: 'bob' } }, headers: { authorization: 'ann' } });
    for (const client of [byHeader, byInit]) {
      client.subscribe('1', '{ me }');
      await client.until(() => client.of('1').length === 1, 'the answer');
    }
    expect(byHeader.of('1')[0]?.payload).toEqual({ data: { me: 'ann' } });
    expect(byInit.of('1')[0]?.payload).toEqual({ data: { me: 'bob' } });
  });

  test('an upgrade of another path is answered 404', async () => {
    await expect(rawClient(rig.url.replace('/graphql', '/elsewhere'))).rejects.toThrow('404');
  });

  test('a client that floods is closed with 1008', async () => {
    await rig.close();
    rig = await liveRig({ live: { messagesPerSecond: 20 } });
    const client = await rawClient(rig.url, { init: null });
    for (let i = 0; i < 100; i += 1) client.send({ type: 'ping' });
    expect((await client.closed()).code).toBe(1008);
  });

  test('garbage instead of frames ends the socket and nothing else', async () => {
    const other = await rawClient(rig.url, { init: null });
    const socket = connect(rig.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    socket.once('data', () => socket.write(Buffer.alloc(64, 0xff)));
    await new Promise((resolve) => socket.once('close', resolve));
    await until(() => rig.live.stats().sockets === 1, 'the broken socket to be gone');
    other.subscribe('1', '{ hello }');
    await other.until(() => other.of('1').length === 1, 'the answer');
  });
});
