import { Redis } from 'ioredis';
import { afterAll, expect, it } from 'vitest';
import { GAP, isPortError, type Message } from '../../ports/index.ts';
import { type RedisServer, type RedisServerOptions, redisSuite, startRedis, startRedisCluster, untilTrue } from '../services/redis.ts';
import { openRedis } from './opened.ts';

const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function serve(options?: RedisServerOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  cleanups.push(() => server.stop());
  return server;
}

redisSuite()('Redis that fails', () => {
  it('loses nothing it acknowledged and counts nothing twice over kill -9 in the middle of a stream of applies', async () => {
    const server = await serve({ appendonly: true });
    const node = await openRedis({ url: server.url, durable: 'disk', answerTimeoutMs: 1000 });
    let position = 1;
    let unknown = 0;
    const until = Date.now() + 4000;
    const killer = (async () => {
      for (let kill = 0; kill < 5; kill++) {
        const from = position;
        await untilTrue('some more were applied', () => position > from + 50);
        await server.kill9();
        await server.restart();
      }
    })();
    let isDone = false;
    killer.finally(() => (isDone = true)).catch(() => undefined);
    while (!isDone || Date.now() < until) {
      try {
        await node.rankedSet.apply('b', [{ op: 'add', member: 'm', score: 1, tie: position }], { checkpoint: { source: 's', position } });
        position += 1;
      } catch (error) {
        if (!isPortError(error) || !error.retryable) throw error;
        if (error.outcome === 'unknown') unknown += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
    await killer;
    expect(await node.rankedSet.lookup('b', ['m'])).toMatchObject([{ score: position - 1 }]);
    expect(await node.rankedSet.checkpoints(['b'], 's')).toEqual([position - 1]);
    expect(unknown).toBeGreaterThan(0);
    await node.close();
  }, 60_000);

  it('answers promptly while Redis is frozen or gone, and serves again without help', async () => {
    const server = await serve();
    const node = await openRedis({ url: server.url, answerTimeoutMs: 500 });
    await node.keyValue.set([{ key: 'k', value: 'v' }]);
    server.freeze();
    const frozenAt = performance.now();
    const write = await node.keyValue.set([{ key: 'k', value: 'w' }]).catch((error: unknown) => error);
    expect(write).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown', retryable: true });
    expect(performance.now() - frozenAt).toBeLessThan(3000);
    const health = await node.connection.health();
    expect(health.status).toBe('down');
    server.thaw();
    await untilTrue('it serves', async () => (await node.keyValue.get(['k'])).length === 1);

    await server.kill9();
    await untilTrue('the loss is noticed', async () => (await node.connection.health()).status === 'down');
    const goneAt = performance.now();
    const calls = Array.from({ length: 100 }, (_, i) => node.keyValue.add([{ key: `n${i}`, delta: 1 }]).catch((error: unknown) => error));
    for (const fault of await Promise.all(calls)) expect(fault).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    expect(performance.now() - goneAt).toBeLessThan(1000);
    await server.restart();
    await untilTrue('it serves', async () => (await node.rankedSet.size(['b'])).length === 1);
    await node.rankedSet.apply('b', [{ op: 'set', member: 'm', score: 1, tie: 1 }]);
    expect((await node.connection.health()).status).toBe('ok');
    await node.close();
  }, 30_000);

  it('hears again after an outage, and says that there was a gap', async () => {
    const server = await serve();
    const node = await openRedis({ url: server.url });
    const stop = new AbortController();
    const subscription = await node.pubSub.subscribe(['a', 'b'], { signal: stop.signal, buffer: { max: 100, overflow: 'drop-oldest' } });
    const heard: Message[] = [];
    const reading = (async () => {
      for await (const batch of subscription) heard.push(...batch);
    })();
    await node.pubSub.publish([{ topic: 'a', data: '1' }]);
    await untilTrue('the first is heard', () => heard.length === 1);
    await server.kill9();
    await server.restart();
    await untilTrue('the gap is told', () => heard.length === 2);
    await untilTrue('it serves', () => node.pubSub.publish([{ topic: 'b', data: '2' }]).then(() => true));
    await untilTrue('the second is heard', () => heard.length === 3);
    expect(heard).toEqual([{ topic: 'a', data: '1' }, GAP, { topic: 'b', data: '2' }]);
    stop.abort();
    await reading;
    await node.close();
  }, 30_000);

  it('is empty after FLUSHALL, forgets its scripts without harm, and never hides that a log lost its records', async () => {
    const server = await serve();
    const node = await openRedis({ url: server.url });
    await node.rankedSet.apply('b', [{ op: 'set', member: 'm', score: 1, tie: 1 }], { checkpoint: { source: 's', position: 3 } });
    await node.eventLog.declare('t', { partitions: 2 });
    await node.eventLog.append(
      't',
      [1, 2, 3].map((i) => ({ key: 'k', data: `${i}`, partition: 0 })),
    );
    const grant = await node.lease.acquire('l', { holder: 'me', ttlMs: 60_000 });
    const admin = new Redis(server.url);
    await admin.flushall();
    await admin.script('FLUSH');
    expect(await node.rankedSet.checkpoints(['b'], 's')).toEqual([0]);
    expect(
      await node.rankedSet.apply('b', [{ op: 'add', member: 'm', score: 2, tie: 1 }], { checkpoint: { source: 's', position: 1 } }),
    ).toEqual({ applied: 1 });
    expect(await node.rankedSet.lookup('b', ['m'])).toMatchObject([{ score: 2 }]);
    await expect(node.eventLog.read('t', 0, { after: 3, limit: 10 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(node.eventLog.append('t', [{ key: 'k', data: '' }])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await node.eventLog.declare('t', { partitions: 3 });
    await expect(node.eventLog.read('t', 0, { after: 3, limit: 10 })).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
    expect(await node.eventLog.append('t', [{ key: 'k', data: '', partition: 2 }])).toMatchObject({
      placed: [{ partition: 2, position: 1 }],
    });
    const next = await node.lease.acquire('l', { holder: 'you', ttlMs: 60_000 });
    expect(next?.token).toBeGreaterThan(grant?.token ?? Number.POSITIVE_INFINITY);
    expect(await node.lease.renew(grant ?? { name: 'l', token: 0, expiresAtMs: 0 }, { ttlMs: 1000 })).toBeNull();
    admin.disconnect();
    await node.close();
  });

  it('follows a durable log through kills without a skip or a repeat', async () => {
    const server = await serve({ appendonly: true });
    const [writer, reader] = [await openRedis({ url: server.url, durable: 'disk' }, 'log'), await openRedis({ url: server.url }, 'log')];
    await writer.eventLog.declare('t', { partitions: 1 });
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const batch of reader.eventLog.follow('t', 0, { after: 0, limit: 7, signal: stop.signal }))
        seen.push(...batch.map(({ data }) => data));
    })();
    for (let i = 0; i < 300; i++) {
      if (i % 100 === 50) {
        await server.kill9();
        await server.restart();
      }
      await untilTrue('it is appended', () => writer.eventLog.append('t', [{ key: 'k', id: `${i}`, data: `${i}` }]).then(() => true));
    }
    await untilTrue('all are seen', () => seen.length >= 300);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
    stop.abort();
    await following;
    await Promise.all([writer.close(), reader.close()]);
  }, 60_000);

  it('is refused at connect, with the reason, when it is away, evicts, is less durable than claimed, or the address is none', async () => {
    const plain = await serve();
    const evicting = await serve({ extra: ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru'] });
    const guarded = await serve();
    const admin = new Redis(guarded.url);
    await admin.config('SET', 'requirepass', 'secret-word');
    admin.disconnect();
    await expect(openRedis({ url: evicting.url })).rejects.toThrow(/maxmemory-policy allkeys-lru/);
    await expect(openRedis({ url: plain.url, durable: 'disk' })).rejects.toThrow(/appendonly yes and appendfsync always/);
    await expect(openRedis({ url: 'redis://127.0.0.1:9' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(openRedis({ url: 'http://x' })).rejects.toThrow(/redis:/);
    await expect(openRedis({ url: guarded.url.replace('//', '//:wrong@') })).rejects.toSatisfy(
      (error) => isPortError(error, 'UNAVAILABLE') && !error.message.includes('wrong@'),
    );
    const node = await openRedis({ url: guarded.url.replace('//', '//:secret-word@') });
    expect(node.connection.description).toBe(`Redis ${node.connection.description.split(' ')[1]} at 127.0.0.1:${guarded.port}`);
    expect(node.connection.description).not.toContain('secret-word');
    await node.close();
  });

  it('says OVERLOADED when its memory is full, and changes nothing', async () => {
    const server = await serve({ extra: ['--maxmemory', '3mb'] });
    const node = await openRedis({ url: server.url });
    let fault: unknown;
    let batches = 0;
    while (fault === undefined && batches < 100) {
      const changes = Array.from({ length: 5000 }, (_, i) => ({ op: 'set', member: `${batches}:${i}`, score: i, tie: 0 }) as const);
      fault = await node.rankedSet.apply('b', changes).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (fault === undefined) batches += 1;
    }
    expect(fault).toMatchObject({ code: 'OVERLOADED', outcome: 'not-applied' });
    expect(await node.rankedSet.size(['b'])).toEqual([batches * 5000]);
    await node.close();
  });

  it('of three masters, one may go: the others serve, the Cluster is degraded, and all is well when it is back', async () => {
    const cluster = await startRedisCluster();
    cleanups.push(() => cluster.stop());
    const node = await openRedis({ nodes: cluster.urls });
    const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
    const stop = new AbortController();
    const subscription = await node.pubSub.subscribe(keys, { signal: stop.signal, buffer: { max: 1000, overflow: 'drop-oldest' } });
    const heard: Message[] = [];
    const reading = (async () => {
      for await (const batch of subscription) heard.push(...batch);
    })();
    await cluster.nodes[1]?.kill9();
    const outcomes = await Promise.all(
      keys.map((key) =>
        node.keyValue.set([{ key, value: '1' }]).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(outcomes).toContain(true);
    expect(outcomes).toContain(false);
    await untilTrue('health is degraded', async () => (await node.connection.health()).status === 'degraded');
    await cluster.restart();
    await untilTrue('all keys are served', async () => (await node.keyValue.set(keys.map((key) => ({ key, value: '2' })))).every(Boolean));
    await untilTrue('health is ok', async () => (await node.connection.health()).status === 'ok');
    await untilTrue('the gap is told', () => heard.some((message) => message === GAP));
    await node.pubSub.publish(keys.map((topic) => ({ topic, data: 'hello' })));
    await untilTrue(
      'every topic is heard',
      () => new Set(heard.filter(({ data }) => data === 'hello').map(({ topic }) => topic)).size === keys.length,
    );
    stop.abort();
    await reading;
    await node.close();
  }, 60_000);
});
