import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { anyone } from '../gateway.ts';
import { liveRig, rawClient, until } from './rig.ts';

let rig: Awaited<ReturnType<typeof liveRig>>;
beforeEach(async () => {
  rig = await liveRig();
});
afterEach(() => rig.close());

const clients = (count: number, init: (i: number) => unknown = () => null) =>
  Promise.all(Array.from({ length: count }, (_, i) => rawClient(rig.url, { init: init(i) })));

describe('shared feeds', () => {
  test('a thousand subscribers cost one source, one execution and one batch of each loader an event', async () => {
    const all = await clients(1_000);
    for (const [i, client] of all.entries()) client.subscribe(`id-${i}`, 'subscription Ticks { live { n name sameName } }');
    await until(() => rig.live.stats().subscriptions === 1_000, 'a thousand subscriptions');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    for (let n = 1; n <= 5; n += 1) {
      rig.ticker.push();
      await until(() => all.every((client, i) => client.of(`id-${i}`).length === n), `event ${n} at all`);
    }
    expect(rig.ticker.opened).toBe(1);
    expect(rig.counts.executions).toBe(5);
    expect(rig.counts.batches).toEqual([[1], [2], [3], [4], [5]]);
    expect(rig.live.stats()).toMatchObject({ feeds: 1, executions: 5, deliveries: 5_000, cut: 0, conflated: 0 });
    for (const [i, client] of all.entries()) {
      expect(client.of(`id-${i}`).map(({ payload }) => payload)).toEqual(
        [1, 2, 3, 4, 5].map((n) => ({ data: { live: { n, name: `name ${n}`, sameName: `name ${n}` } } })),
      );
    }
    for (const client of all) client.ws.terminate();
    await until(() => rig.ticker.listeners.size === 0, 'the source to be let go');
    expect(rig.live.stats()).toMatchObject({ sockets: 0, subscriptions: 0, feeds: 0 });
  });

  test('white space and the order of variables do not part subscribers; other values do', async () => {
    const [a, b, c] = await clients(3);
    a?.subscribe('1', 'subscription S($room: String, $after: String) { live(room: $room, after: $after) { n } }', {
      room: 'x',
      after: null,
    });
    b?.subscribe('1', 'subscription S($room: String, $after: String) {\n live(room: $room, after: $after) { n }\n}', {
      stray: 1,
      room: 'x',
    });
    c?.subscribe('1', 'subscription S($room: String, $after: String) { live(room: $room, after: $after) { n } }', { room: 'y' });
    await until(() => rig.live.stats().subscriptions === 3, 'three subscriptions');
    expect(rig.live.stats().feeds).toBe(2);
  });

  test('an operation that looks at the viewer is executed for each of them', async () => {
    const [ann, bob] = await clients(2, (i) => ({ authorization: ['ann', 'bob'][i] }));
    for (const client of [ann, bob]) client?.subscribe('1', 'subscription { live { n reader } }');
    await until(() => rig.ticker.listeners.size === 2, 'two sources');
    rig.ticker.push();
    for (const client of [ann, bob]) await client?.until(() => client.of('1').length === 1, 'the event');
    expect(ann?.of('1')[0]?.payload).toEqual({ data: { live: { n: 1, reader: 'ann' } } });
    expect(bob?.of('1')[0]?.payload).toEqual({ data: { live: { n: 1, reader: 'bob' } } });
  });

  test('a shared execution has no viewer, so an undeclared look at it shows nobody', async () => {
    const [ann, bob] = await clients(2, (i) => ({ authorization: ['ann', 'bob'][i] }));
    for (const client of [ann, bob]) client?.subscribe('1', 'subscription { live { readerSeen } }');
    await until(() => rig.live.stats().subscriptions === 2, 'two subscriptions');
    expect(rig.live.stats().feeds).toBe(1);
    rig.ticker.push();
    await bob?.until(() => bob.of('1').length === 1, 'the event');
    expect(bob?.of('1')[0]?.payload).toEqual({ data: { live: { readerSeen: '' } } });
  });

  test('viewers with other scopes, and the anonymous, have feeds of their own', async () => {
    const all = await clients(4, (i) => [null, { authorization: 'ann' }, { authorization: 'bob::a+b' }, { authorization: 'cem::b+a' }][i]);
    for (const client of all) client.subscribe('1', 'subscription { live { n } }');
    await until(() => rig.live.stats().subscriptions === 4, 'four subscriptions');
    expect(rig.live.stats().feeds).toBe(3);
  });

  test('a newcomer of a latest feed gets the newest event at once, of a live feed only what comes after', async () => {
    const [first, second] = await clients(2);
    first?.subscribe('latest', 'subscription { latest { n } }');
    first?.subscribe('live', 'subscription { live { n } }');
    await until(() => rig.ticker.listeners.size === 2, 'two sources');
    rig.ticker.push(3);
    await first?.until(() => first.of('latest').length === 3 && first.of('live').length === 3, 'three events each');
    second?.subscribe('latest', 'subscription { latest { n } }');
    second?.subscribe('live', 'subscription { live { n } }');
    await second?.until(() => second.of('latest').length === 1, 'the newest event');
    rig.ticker.push();
    await second?.until(() => second.of('live').length === 1, 'the next event');
    expect(second?.messages.slice(1).map(({ id, payload }) => [id, payload])).toEqual(
      expect.arrayContaining([
        ['latest', { data: { latest: { n: 3 } } }],
        ['latest', { data: { latest: { n: 4 } } }],
        ['live', { data: { live: { n: 4 } } }],
      ]),
    );
    expect(second?.messages).toHaveLength(4);
  });

  test('subscribers that resume from different cursors miss nothing, repeat nothing, and share again once they have caught up', async () => {
    const query = 'subscription S($after: String) { live(after: $after) { n cursor } }';
    const [tail] = await clients(1);
    tail?.subscribe('1', query);
    await until(() => rig.ticker.listeners.size === 1, 'the tail');
    rig.ticker.push(50);
    await tail?.until(() => tail.of('1').length === 50, 'fifty events');
    const late = await clients(20);
    for (const [i, client] of late.entries()) client.subscribe('1', query, { after: `c${i * 2}` });
    await until(() => rig.live.stats().subscriptions === 21, 'all subscriptions');
    rig.ticker.push(5);
    await until(() => late.every((client, i) => client.of('1').length === 55 - i * 2), 'all to catch up');
    await until(() => rig.live.stats().feeds === 1, 'one feed');
    const before = rig.counts.executions;
    rig.ticker.push(2);
    await until(() => late.every((client, i) => client.of('1').length === 57 - i * 2), 'the last events');
    expect(rig.counts.executions - before).toBe(2);
    for (const [i, client] of late.entries()) {
      const seen = client.of('1').map(({ payload }) => (payload as unknown as { data: { live: { n: number } } }).data.live.n);
      expect(seen).toEqual(Array.from({ length: 57 - i * 2 }, (_, k) => i * 2 + 1 + k));
    }
    expect(rig.ticker.listeners.size).toBe(1);
  });

  test('one who resumes never joins a feed that has moved on', async () => {
    const query = 'subscription S($after: String) { live(after: $after) { n } }';
    rig.ticker.push(3);
    const [a, b] = await clients(2);
    a?.subscribe('1', query, { after: 'c1' });
    await a?.until(() => a.of('1').length === 2, 'what was missed');
    b?.subscribe('1', query, { after: 'c1' });
    await b?.until(() => b.of('1').length === 2, 'what was missed');
    expect(b?.of('1').map(({ payload }) => payload)).toEqual([{ data: { live: { n: 2 } } }, { data: { live: { n: 3 } } }]);
  });

  test('a failing source ends all its subscriptions with a masked error and the cursor to resume after', async () => {
    const all = await clients(3);
    for (const client of all) client.subscribe('1', 'subscription { live { n } }');
    await until(() => rig.live.stats().subscriptions === 3, 'three subscriptions');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    rig.ticker.push(2);
    await until(() => all.every((client) => client.of('1').length === 2), 'two events');
    rig.ticker.fail(new Error('password=hunter2'));
    await until(() => all.every((client) => client.of('1', 'error').length === 1), 'the error');
    const [error] =
      (all[0]?.of('1', 'error')[0]?.payload as unknown as
        | readonly { message: string; extensions: Record<string, unknown> }[]
        | undefined) ?? [];
    expect(error?.message).not.toContain('hunter2');
    expect(error?.extensions).toMatchObject({ code: 'INTERNAL', resume: { after: 'c2' } });
    expect(rig.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(rig.live.stats()).toMatchObject({ feeds: 0, subscriptions: 0 });
  });

  test('events over server-sent streams come from the same feed', async () => {
    const [socket] = await clients(1);
    socket?.subscribe('1', 'subscription { live { n } }');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    const controller = new AbortController();
    const caller = { ...anyone(), signal: controller.signal };
    const preparation = await rig.pipeline.prepare({ query: 'subscription { live { n } }' }, caller);
    if (!preparation.ok) throw new Error('not prepared');
    const stream = rig.live.subscribe(preparation.operation, caller);
    const first = stream.next();
    await until(() => rig.live.stats().subscriptions === 2, 'two subscriptions');
    expect(rig.live.stats()).toMatchObject({ feeds: 1, streams: 1 });
    rig.ticker.push();
    expect((await first).value).toEqual({ data: { live: { n: 1 } } });
    expect(rig.counts.executions).toBe(1);
    const rest = stream.next();
    controller.abort();
    expect((await rest).done).toBe(true);
    await until(() => rig.live.stats().subscriptions === 1, 'the stream to be gone');
    expect(rig.live.stats().streams).toBe(0);
  });
});

describe('nothing is left behind', () => {
  test('after a mass unsubscribe, and after sockets died, no source has a listener', async () => {
    const all = await clients(200);
    for (const [i, client] of all.entries()) {
      client.subscribe('shared', 'subscription { live { n } }');
      client.subscribe('own', 'subscription { own { n } }');
      client.subscribe('room', 'subscription S($room: String) { latest(room: $room) { n } }', { room: `r${i % 50}` });
    }
    await until(() => rig.live.stats().subscriptions === 600, 'all subscriptions');
    await until(() => rig.ticker.listeners.size === 1 + 200 + 50, 'all sources');
    for (const client of all.slice(0, 100)) for (const id of ['shared', 'own', 'room']) client.send({ type: 'complete', id });
    await until(() => rig.live.stats().subscriptions === 300, 'half to unsubscribe');
    for (const client of all.slice(100)) client.ws.terminate();
    await until(() => rig.live.stats().sockets === 100, 'half to die');
    await until(() => rig.ticker.listeners.size === 0, 'the sources to be let go');
    expect(rig.live.stats()).toMatchObject({ subscriptions: 0, feeds: 0, sockets: 100 });
    rig.ticker.push();
    expect(rig.counts.executions).toBe(0);
  });

  test('subscribing and leaving at once, over and over, leaves nothing', async () => {
    const [client] = await clients(1);
    for (let i = 0; i < 300; i += 1) {
      client?.subscribe(`${i}`, 'subscription { live { n } }');
      client?.send({ type: 'complete', id: `${i}` });
    }
    client?.subscribe('end', '{ hello }');
    await client?.until(() => client.of('end', 'complete').length === 1, 'the answer');
    await until(() => rig.ticker.listeners.size === 0, 'the sources to be let go');
    expect(rig.live.stats()).toMatchObject({ subscriptions: 0, feeds: 0 });
  });
});
