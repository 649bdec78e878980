import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { createTopics, type Environment, latest, type Topics } from '../../plugins/kernel/index.ts';
import type { PubSub } from '../../ports/index.ts';
import { systemClock, systemRandom } from '../../server/environment.ts';

describe('live topics', () => {
  const stop = new AbortController();
  const { signal } = stop;
  let subscriptions = 0;
  let dropped = 0;
  let topics: Topics;
  beforeAll(async () => {
    const { connect, provides } = memory();
    const connection = await connect({ signal, log: { info: () => undefined, warn: () => undefined }, now: () => Date.now() });
    const { api } = await provides.pubSub.open(connection.conn, { namespace: 'topics', signal, now: () => Date.now() });
    const counted: PubSub = {
      publish: (messages) => api.publish(messages),
      subscribe(names, options) {
        subscriptions += 1;
        return api.subscribe(names, options);
      },
    };
    const environment: Environment = {
      clock: systemClock,
      random: systemRandom,
      signal,
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      meter: {
        counter: () => ({ add: (amount) => void (dropped += amount) }),
        gauge: () => undefined,
        histogram: () => ({ observe: () => undefined }),
      },
    };
    topics = createTopics(counted, environment);
  });
  afterAll(() => stop.abort());

  const next = async <T>(events: AsyncIterable<T>) => (await events[Symbol.asyncIterator]().next()).value as T;

  it('share one engine subscription among all listeners of all topics', async () => {
    const listeners = await Promise.all(Array.from({ length: 50 }, (_, at) => topics.listen(`t${at % 3}`, { signal })));
    await topics.publish([{ topic: 't0', data: 'x' }]);
    expect(await next(listeners[0] as AsyncIterable<unknown>)).toEqual({ messages: ['x'], gap: false });
    expect(await next(listeners[3] as AsyncIterable<unknown>)).toEqual({ messages: ['x'], gap: false });
    expect(subscriptions).toBe(1);
  });

  it('cut the oldest off for a listener that is too slow, count them, and tell it', async () => {
    const slow = await topics.listen('slow', { signal, buffer: 4 });
    const probe = await topics.listen('slow', { signal });
    dropped = 0;
    await topics.publish(Array.from({ length: 6 }, (_, at) => ({ topic: 'slow', data: String(at) })));
    await next(probe);
    expect(await next(slow)).toEqual({ messages: ['2', '3', '4', '5'], gap: true });
    expect(dropped).toBe(2);
  });

  it('conflate a snapshot feed to the newest for a slow reader', async () => {
    let value = 0;
    const heard = await topics.listen('value', { signal });
    const feed = latest({ heard, everyMs: 1, clock: systemClock, signal, read: () => Promise.resolve(value) });
    expect((await feed.next()).value).toBe(0);
    for (value = 1; value < 50; value++) await topics.publish([{ topic: 'value', data: '' }]);
    expect((await feed.next()).value).toBe(50);
    await feed.return(undefined);
  });
});
