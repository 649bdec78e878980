import { describe, expect, it } from 'vitest';
import { createPubSub, createTopics } from '../../adapters/memory/pub-sub.ts';
import type { Subscription } from '../../ports/index.ts';

const BUFFER = { max: 100, overflow: 'drop-oldest' } as const;

async function take(subscription: Subscription, count: number): Promise<string[]> {
  const got: string[] = [];
  for await (const batch of subscription) {
    got.push(...batch.map((message) => message.data));
    if (got.length >= count) break;
  }
  return got;
}

describe('topics of the memory adapter', () => {
  it('holds no topic without a listener, however a subscription ends', async () => {
    const topics = createTopics();
    const ends = new Set<() => void>();
    const bus = createPubSub(topics, ends);
    const stop = new AbortController();
    const { signal } = new AbortController();
    const closed = await bus.subscribe(['a', 'b', 'b'], { signal, buffer: BUFFER });
    const aborted = await bus.subscribe(['b'], { signal: stop.signal, buffer: BUFFER });
    const flooded = await bus.subscribe(['c'], { signal, buffer: { max: 1, overflow: 'fail' } });
    const left = await bus.subscribe(['d'], { signal, buffer: BUFFER });
    await aborted.add(['e']);
    await aborted.remove(['e']);
    expect([...topics.listeners.keys()]).toEqual(['a', 'b', 'c', 'd']);
    await closed.close();
    expect([...topics.listeners.keys()]).toEqual(['b', 'c', 'd']);
    stop.abort();
    await bus.publish([
      { topic: 'c', data: '1' },
      { topic: 'c', data: '2' },
      { topic: 'd', data: '3' },
    ]);
    await expect(take(flooded, 1)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await take(left, 1)).toEqual(['3']);
    expect(topics.listeners.size).toBe(0);
    expect(ends.size).toBe(0);
    expect((await bus.subscribe(['f'], { signal: stop.signal, buffer: BUFFER })).dropped).toBe(0);
    expect(topics.listeners.size).toBe(0);
  });

  it('keeps the order of a topic when a reader publishes in answer', async () => {
    const bus = createPubSub(createTopics(), new Set());
    const { signal } = new AbortController();
    const [asking, watching] = [
      await bus.subscribe(['t'], { signal, buffer: BUFFER }),
      await bus.subscribe(['t'], { signal, buffer: BUFFER }),
    ];
    const answered = (async () => {
      await take(asking, 1);
      await bus.publish([{ topic: 't', data: 'answer' }]);
    })();
    await bus.publish(['1', '2', '3'].map((data) => ({ topic: 't', data })));
    await answered;
    expect(await take(watching, 4)).toEqual(['1', '2', '3', 'answer']);
  });
});
