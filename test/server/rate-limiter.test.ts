import { expect, test } from 'vitest';
import { ANONYMOUS } from '../../plugins/kernel/index.ts';
import type { AddEntry, KeyValue } from '../../ports/index.ts';
import { createRateLimiter } from '../../server/http/rate-limiter.ts';
import { clock, memoryLog } from './gateway.ts';

/** Counters shared by two limiters; `calls` are the round trips. */
function sharedCounters() {
  const counters = new Map<string, number>();
  let calls = 0;
  let isDown = false;
  const unused = () => Promise.reject(new Error('the rate limiter only adds'));
  const keyValue: KeyValue = {
    get: unused,
    set: unused,
    take: unused,
    remove: unused,
    async add(entries: readonly AddEntry[]) {
      calls += 1;
      if (isDown) throw new Error('down');
      return entries.map(({ key, delta }) => {
        const total = (counters.get(key) ?? 0) + delta;
        counters.set(key, total);
        return total;
      });
    },
  };
  return {
    keyValue,
    calls: () => calls,
    total: () => [...counters.values()].reduce((sum, each) => sum + each, 0),
    breakDown: () => {
      isDown = true;
    },
  };
}

const limits = { operationsPerMinuteViewer: 100, operationsPerMinuteIp: 100 };

test('two gateways share one limit, each overshooting by no more than what it admits between two syncs', async () => {
  const store = sharedCounters();
  const nowMs = Date.UTC(2026, 0, 1);
  const make = () =>
    createRateLimiter({ limits, log: memoryLog(), clock: { ...clock, now: () => nowMs }, keyValue: store.keyValue, syncMs: 5 });
  const gateways = [make(), make()];
  let admitted = 0;
  let between = 0;
  const deadline = Date.now() + 10_000;
  for (let refused = 0; refused < 2; ) {
    refused = 0;
    for (const gateway of gateways) {
      if (gateway.take(ANONYMOUS, '10.0.0.1') === 0) admitted += 1;
      else refused += 1;
    }
    between += 1;
    if (between % 10 === 0) {
      const before = store.total();
      while (store.total() === before && admitted > before && Date.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(admitted).toBeGreaterThanOrEqual(100);
  expect(admitted).toBeLessThanOrEqual(100 + 2 * 20);
  expect(store.calls()).toBeLessThan(admitted);
  await Promise.all(gateways.map((gateway) => gateway.close()));
  expect(store.total()).toBe(admitted);
});

test('a store that fails leaves each process to its own count, and says so once', async () => {
  const store = sharedCounters();
  store.breakDown();
  const log = memoryLog();
  const nowMs = Date.UTC(2026, 0, 1);
  const gateway = createRateLimiter({ limits, log, clock: { ...clock, now: () => nowMs }, keyValue: store.keyValue, syncMs: 2 });
  const deadline = Date.now() + 10_000;
  let admitted = 0;
  let others = 0;
  while ((store.calls() < 3 || admitted < 100) && Date.now() < deadline) {
    if (gateway.take(ANONYMOUS, '10.0.0.1') === 0) admitted += 1;
    others += 1;
    gateway.take(ANONYMOUS, `another-${others}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(gateway.take(ANONYMOUS, '10.0.0.1')).toBeGreaterThan(0);
  expect(admitted).toBe(100);
  expect(log.lines.map((line) => line.level)).toEqual(['warn']);
  await gateway.close();
});

test('a new minute is a new count', () => {
  let nowMs = Date.UTC(2026, 0, 1, 0, 0, 30);
  const limiter = createRateLimiter({
    limits: { ...limits, operationsPerMinuteIp: 1 },
    log: memoryLog(),
    clock: { ...clock, now: () => nowMs },
  });
  expect(limiter.take(ANONYMOUS, 'a')).toBe(0);
  expect(limiter.take(ANONYMOUS, 'a')).toBe(30);
  expect(limiter.take(ANONYMOUS, 'b')).toBe(0);
  nowMs += 30_000;
  expect(limiter.take(ANONYMOUS, 'a')).toBe(0);
});
