import { createPorticoClient, PorticoError } from 'portico/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testGateway } from '../gateway.ts';
import { liveRig, rawClient, until } from '../live/rig.ts';

interface Ticks {
  readonly live: { readonly n: number; readonly cursor: string };
}
const TICKS = 'subscription Ticks($after: String) { live(after: $after) { n cursor } }';

describe('queries and mutations', () => {
  test('answer their data, and errors as one PorticoError with its code', async () => {
    const gateway = await testGateway();
    const client = createPorticoClient({ url: `${gateway.url}/graphql`, token: async () => gateway.token });
    expect(await client.query('query($name: String) { hello(name: $name) }', { name: 'ann' })).toEqual({ hello: 'hello ann' });
    expect(await client.mutate<{ write: number }>('mutation { write }')).toEqual({ write: 1 });
    await expect(client.query('{ meant }')).rejects.toMatchObject({ name: 'PorticoError', code: 'BOARD_UNKNOWN' });
    await client.close();
    await gateway.close();
    await expect(client.query('{ hello }')).rejects.toMatchObject({ code: 'UNREACHABLE', isRetryable: true });
  });
});

describe('subscriptions', () => {
  let rig: Awaited<ReturnType<typeof liveRig>>;
  beforeEach(async () => {
    rig = await liveRig({ limits: { socketBufferBytes: 64 * 1024 } });
  });
  afterEach(() => rig.close());
  const http = () => rig.url.replace('ws', 'http');

  test('go on without a gap or a repeat when sockets are dropped again and again', async () => {
    const client = createPorticoClient({ url: http() });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { live } of client.subscribe<Ticks>(TICKS)) {
        seen.push(live.n);
        if (live.n === 40) return;
      }
    })();
    await until(() => rig.ticker.listeners.size === 1, 'the feed');
    rig.ticker.push(10);
    for (let round = 1; round <= 3; round += 1) {
      await until(() => seen.length === round * 10, 'ten events');
      for (const socket of rig.sockets) socket.destroy();
      rig.ticker.push(10);
    }
    await reading;
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    await until(() => rig.ticker.listeners.size === 0, 'the feed to close');
    await client.close();
  });

  test('bring a fresh token when the old one expired on the open socket', async () => {
    const asked: string[] = [];
    const client = createPorticoClient({
      url: http(),
      token: () => {
        asked.push('x');
        return asked.length === 1 ? `ann:${Date.now() + 300}` : 'ann';
      },
    });
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { live } of client.subscribe<Ticks>(TICKS)) {
        seen.push(live.n);
        if (live.n === 2) return;
      }
    })();
    await until(() => rig.ticker.listeners.size === 1, 'the feed');
    rig.ticker.push();
    await until(() => asked.length === 2, 'a fresh token');
    rig.ticker.push();
    await reading;
    expect(seen).toEqual([1, 2]);
    await client.close();
  });

  test('throw what cannot be resumed: a refused credential, an invalid operation', async () => {
    const refused = createPorticoClient({ url: http(), token: 'bad' });
    await expect(refused.subscribe(TICKS).next()).rejects.toMatchObject({ name: 'PorticoError', code: 'UNAUTHENTICATED' });
    const client = createPorticoClient({ url: http() });
    await expect(client.subscribe('subscription { nosuch { n } }').next()).rejects.toBeInstanceOf(PorticoError);
    await Promise.all([refused.close(), client.close()]);
  });

  test('give up after so many failed connections in a row', async () => {
    const client = createPorticoClient({ url: 'http://127.0.0.1:1/graphql', attemptsMax: 2 });
    await expect(client.subscribe(TICKS).next()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await client.close();
  });

  test('end when their signal aborts, and leave nothing on the server', async () => {
    const client = createPorticoClient({ url: http() });
    const stop = new AbortController();
    const next = client.subscribe<Ticks>(TICKS, {}, { signal: stop.signal }).next();
    await until(() => rig.ticker.listeners.size === 1, 'the feed');
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    await until(() => rig.ticker.listeners.size === 0, 'the feed to close');
    const other = await rawClient(rig.url, { init: null });
    expect(other.messages).toHaveLength(1);
    await client.close();
  });
});
