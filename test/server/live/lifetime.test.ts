import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { anyone, clock } from '../gateway.ts';
import { liveRig, rawClient, until } from './rig.ts';

let rig: Awaited<ReturnType<typeof liveRig>>;
afterEach(() => rig.close());

describe('credentials on an open socket', () => {
  test('when the token expires the socket closes with 4401 and says what to do', async () => {
    rig = await liveRig();
    const client = await rawClient(rig.url, { init: { authorization: `ann:${clock.now() + 400}` } });
    client.subscribe('1', 'subscription { own { n } }');
    await until(() => rig.live.stats().subscriptions === 1, 'the subscription');
    expect(await client.closed()).toEqual({
      code: 4401,
      reason: 'credential expired: refresh it, connect again and resume after your last cursor',
    });
    await until(() => rig.ticker.listeners.size === 0, 'the source to be let go');
  });

  test('a credential that was prolonged where it is kept stays', async () => {
    let asked = 0;
    rig = await liveRig({
      live: {
        authenticate: async () => ({
          kind: 'service',
          id: 'ingest',
          scopes: new Set(['a']),
          expiresAtMs: (asked += 1) < 3 ? clock.now() + 50 : null,
        }),
      },
    });
    const client = await rawClient(rig.url, { init: { apiKey: 'k' } });
    await until(() => asked === 3, 'two prolongations');
    client.subscribe('1', '{ me }');
    await client.until(() => client.of('1').length === 1, 'the answer');
    expect(client.of('1')[0]?.payload).toEqual({ data: { me: 'ingest' } });
  });

  test('a credential that lost a scope meanwhile does not', async () => {
    let asked = 0;
    rig = await liveRig({
      live: {
        authenticate: async () => ({
          kind: 'user',
          id: 'ann',
          scopes: new Set((asked += 1) === 1 ? ['a'] : []),
          expiresAtMs: clock.now() + 100,
        }),
      },
    });
    const client = await rawClient(rig.url, { init: null });
    expect((await client.closed()).code).toBe(4401);
  });

  test('a stream of server-sent events ends with an error that says so', async () => {
    rig = await liveRig();
    const caller = anyone({ kind: 'user', id: 'ann', expiresAtMs: clock.now() + 100 });
    const preparation = await rig.pipeline.prepare({ query: 'subscription { own { n } }' }, caller);
    if (!preparation.ok) throw new Error('not prepared');
    const stream = rig.live.subscribe(preparation.operation, caller);
    const last = await stream.next();
    expect(last.value.errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED', resume: { after: null } } }]);
    expect((await stream.next()).done).toBe(true);
  });
});

describe('limits of sockets', () => {
  test('an IP has so many anonymous sockets, a viewer so many of its own, the process so many in all', async () => {
    rig = await liveRig({ limits: { socketsPerViewer: 2, sockets: 5 } });
    const anonymous = [await rawClient(rig.url, { init: null }), await rawClient(rig.url, { init: null })];
    await expect(rawClient(rig.url)).rejects.toThrow('429');
    anonymous[0]?.ws.close();
    await until(() => rig.live.stats().sockets === 1, 'one to leave');
    const ann = [await rawClient(rig.url, { init: { token: 'x' }, headers: {} }).catch(() => undefined)];
    expect(ann).toHaveLength(1);
    const first = await rawClient(rig.url, { init: { authorization: 'ann' } });
    const second = await rawClient(rig.url, { init: { authorization: 'ann' } });
    const third = await rawClient(rig.url);
    third.send({ type: 'connection_init', payload: { authorization: 'ann' } });
    expect(await third.closed()).toEqual({ code: 1013, reason: 'too many sockets of this viewer' });
    await until(() => rig.live.stats().sockets === 4, 'the third to be gone');
    await rawClient(rig.url, { init: { authorization: 'bob' } });
    await expect(rawClient(rig.url)).rejects.toThrow('503');
    expect([first, second].every(({ ws }) => ws.readyState === ws.OPEN)).toBe(true);
    expect(rig.live.stats().refused).toBe(2);
  });

  test('sockets that died give their places back', async () => {
    rig = await liveRig({ limits: { socketsPerViewer: 3 } });
    for (let round = 0; round < 5; round += 1) {
      const all = await Promise.all([1, 2, 3].map(() => rawClient(rig.url, { init: null })));
      for (const client of all) client.ws.terminate();
      await until(() => rig.live.stats().sockets === 0, 'all to be gone');
    }
  });
});

describe('dead peers', () => {
  test('a peer that does not answer pings is dropped, one that does stays', async () => {
    rig = await liveRig({ live: { keepAliveMs: 160, initMs: 10_000 } });
    const alive = await rawClient(rig.url, { init: null });
    const dead = connect(rig.port, '127.0.0.1');
    dead.on('error', () => undefined);
    dead.write(
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    dead.resume();
    await until(() => rig.live.stats().sockets === 2, 'both');
    await new Promise((resolve) => dead.once('close', resolve));
    await until(() => rig.live.stats().sockets === 1, 'the dead one to be gone');
    expect(alive.ws.readyState).toBe(alive.ws.OPEN);
  });
});

describe('drain', () => {
  test('every subscriber is told to come back, running queries are answered first, nothing new is taken', async () => {
    rig = await liveRig({ limits: { operationMs: 500 } });
    const all = await Promise.all(Array.from({ length: 50 }, () => rawClient(rig.url, { init: null })));
    for (const client of all) client.subscribe('1', 'subscription { live { n } }');
    const [busy] = all;
    busy?.subscribe('q', '{ never }');
    await until(() => rig.live.stats().subscriptions === 50, 'all subscriptions');
    const drained = rig.live.drain({ deadlineMs: 5_000 });
    await expect(rawClient(rig.url)).rejects.toThrow('503');
    for (const client of all) {
      expect(await client.closed()).toEqual({ code: 1001, reason: 'going away: connect again and resume after your last cursor' });
    }
    expect(busy?.of('q', 'error')).toHaveLength(1);
    await drained;
    expect(rig.live.stats()).toMatchObject({ sockets: 0, subscriptions: 0, feeds: 0 });
    expect(rig.ticker.listeners.size).toBe(0);
  });

  test('what does not go by the deadline is cut', async () => {
    rig = await liveRig();
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('q', '{ never }');
    client.subscribe('1', 'subscription { live { n } }');
    await until(() => rig.live.stats().subscriptions === 1, 'the subscription');
    await rig.live.drain({ deadlineMs: 100 });
    expect((await client.closed()).code).toBe(1006);
    await until(() => rig.live.stats().sockets === 0, 'the socket to be gone');
    expect(rig.ticker.listeners.size).toBe(0);
  });

  test('streams of server-sent events end with a hint', async () => {
    rig = await liveRig();
    const caller = anyone();
    const preparation = await rig.pipeline.prepare({ query: 'subscription { live { n cursor } }' }, caller);
    if (!preparation.ok) throw new Error('not prepared');
    const stream = rig.live.subscribe(preparation.operation, caller);
    const first = stream.next();
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    rig.ticker.push();
    await first;
    await rig.live.drain({ deadlineMs: 1_000 });
    expect((await stream.next()).value.errors).toMatchObject([{ extensions: { code: 'SHUTTING_DOWN', resume: { after: 'c1' } } }]);
    expect((await stream.next()).done).toBe(true);
  });
});
