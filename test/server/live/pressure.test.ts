import { afterEach, describe, expect, test } from 'vitest';
import { liveRig, rawClient, until } from './rig.ts';

let rig: Awaited<ReturnType<typeof liveRig>>;
afterEach(() => rig.close());

const CAP = 256 * 1024;
const PADDING = 'x'.repeat(20_000);
const EVENTS = 1_500;

describe('slow consumers', () => {
  test('of a latest feed: memory stays bounded, the others get everything, and the newest event arrives when it reads again', async () => {
    rig = await liveRig({ limits: { socketBufferBytes: CAP } });
    const [slow, fast] = await Promise.all([rawClient(rig.url, { init: null }), rawClient(rig.url, { init: null })]);
    for (const client of [slow, fast]) client.subscribe('1', 'subscription { latest { n padding } }');
    await until(() => rig.live.stats().subscriptions === 2, 'two subscriptions');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    slow.ws.pause();
    for (let sent = 0; sent < EVENTS; sent += 10) {
      rig.ticker.push(10, PADDING);
      await fast.until(() => fast.of('1').length === sent + 10, 'the fast one to follow');
    }
    expect(rig.live.stats().conflated).toBeGreaterThan(0);
    expect(slow.messages).toHaveLength(1);
    slow.ws.resume();
    const newest = () => (slow.of('1').at(-1)?.payload as unknown as { data: { latest: { n: number } } } | undefined)?.data.latest.n;
    await slow.until(() => newest() === EVENTS, 'the newest event');
    expect(slow.of('1').length).toBeLessThan(EVENTS);
    rig.ticker.push(1);
    await slow.until(() => newest() === EVENTS + 1, 'the next event');
    expect(rig.live.stats().cut).toBe(0);
  });

  test('of a live feed: it is cut with the last cursor it was sent, the others get everything, and it resumes without a gap', async () => {
    rig = await liveRig({ limits: { socketBufferBytes: CAP } });
    const query = 'subscription S($after: String) { live(after: $after) { n cursor padding } }';
    const [slow, fast] = await Promise.all([rawClient(rig.url, { init: null }), rawClient(rig.url, { init: null })]);
    for (const client of [slow, fast]) client.subscribe('1', query);
    await until(() => rig.live.stats().subscriptions === 2, 'two subscriptions');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    slow.ws.pause();
    for (let sent = 0; sent < EVENTS; sent += 10) {
      rig.ticker.push(10, PADDING);
      await fast.until(() => fast.of('1').length === sent + 10, 'the fast one to follow');
    }
    expect(rig.live.stats()).toMatchObject({ cut: 1, subscriptions: 1 });
    slow.ws.resume();
    await slow.until(() => slow.of('1', 'error').length === 1, 'the cut');
    const [error] =
      (slow.of('1', 'error')[0]?.payload as unknown as
        | readonly { extensions: { code: string; resume: { after: string } } }[]
        | undefined) ?? [];
    const got = slow.of('1').length;
    expect(error?.extensions).toEqual({ code: 'OVERLOADED', resume: { after: `c${got}` } });
    slow.subscribe('2', query, { after: error?.extensions.resume.after });
    await slow.until(() => slow.of('2').length === EVENTS - got, 'the rest');
    const all = [...slow.of('1'), ...slow.of('2')].map(
      ({ payload }) => (payload as unknown as { data: { live: { n: number } } }).data.live.n,
    );
    expect(all).toEqual(Array.from({ length: EVENTS }, (_, i) => i + 1));
  });

  test('one who reads a long history slowly is waited for, not cut', async () => {
    rig = await liveRig({ limits: { socketBufferBytes: CAP } });
    rig.ticker.push(EVENTS, PADDING);
    const client = await rawClient(rig.url, { init: null });
    client.subscribe('1', 'subscription { live(after: "c0") { n padding } }');
    await client.until(() => client.of('1').length === EVENTS, 'the history');
    expect(rig.live.stats().cut).toBe(0);
  });

  test('one who asks and does not read is read from no further', async () => {
    rig = await liveRig({ limits: { socketBufferBytes: 8_192 }, live: { messagesPerSecond: 1_000_000 } });
    const [client, other] = await Promise.all([rawClient(rig.url, { init: null }), rawClient(rig.url, { init: null })]);
    client.ws.pause();
    const payload = { x: 'y'.repeat(2_000) };
    for (let i = 0; i < 30_000; i += 1) client.send({ type: 'ping', payload });
    for (let i = 0; i < 300; i += 1) {
      other.subscribe(`${i}`, '{ hello }');
      await other.until(() => other.of(`${i}`, 'complete').length === 1, 'the answer to another');
    }
    expect(client.ws.bufferedAmount).toBeGreaterThan(20_000_000);
    client.ws.resume();
    await client.until(() => client.messages.length === 30_001, 'all answers');
  });
});

describe('large and many', () => {
  test.each([1, 60, 61, 125, 126, 4_096, 8_191, 8_192, 8_193, 65_535, 65_536, 300_000])(
    'a payload of %i characters arrives whole',
    async (length) => {
      rig = await liveRig();
      const client = await rawClient(rig.url, { init: null });
      client.subscribe('ü"\\', 'subscription { live { padding n } }');
      await until(() => rig.ticker.listeners.size === 1, 'the source');
      rig.ticker.push(3, 'é'.repeat(length));
      await client.until(() => client.of('ü"\\').length === 3, 'three events');
      expect(client.of('ü"\\').map(({ payload }) => payload)).toEqual(
        [1, 2, 3].map((n) => ({ data: { live: { padding: 'é'.repeat(length), n } } })),
      );
    },
  );

  test('a hundred thousand events of one tick arrive in order while other sockets are answered', async () => {
    rig = await liveRig({ limits: { socketBufferBytes: 64 * 1024 * 1024 } });
    const [busy, other] = await Promise.all([rawClient(rig.url, { init: null }), rawClient(rig.url, { init: null })]);
    busy.subscribe('1', 'subscription { live { n } }');
    await until(() => rig.ticker.listeners.size === 1, 'the source');
    rig.ticker.push(100_000);
    other.subscribe('1', '{ hello }');
    await other.until(() => other.of('1').length === 1, 'the answer');
    expect(busy.of('1').length).toBeLessThan(100_000);
    await busy.until(() => busy.messages.length === 100_001, 'all events');
    expect(busy.of('1').every(({ payload }, i) => (payload as unknown as { data: { live: { n: number } } }).data.live.n === i + 1)).toBe(
      true,
    );
  });
});
