import { expect, test } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { keyValue } from '../../adapters/memory/key-value.ts';
import { ANONYMOUS } from '../../plugins/kernel/index.ts';
import type { KeyValue } from '../../ports/index.ts';
import { createRateLimiter } from '../../server/http/rate-limiter.ts';
import { clock, memoryLog } from './gateway.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

/** The memory adapter's key-value port, opened as two gateways of one cluster would share it, and the round trips it was asked for. */
async function sharedStore() {
  const signal = new AbortController().signal;
  const now = () => NOW_MS;
  const connection = await memory().connect({ signal, now, log: memoryLog() });
  const instance = await keyValue.open(connection.conn, { namespace: 'server', signal, now });
  let calls = 0;
  const counted: KeyValue = {
    ...instance.api,
    add: (entries, options) => {
      calls += 1;
      return instance.api.add(entries, options);
    },
  };
  const total = async () => Number((await instance.api.get([`rate/${NOW_MS / 60_000}/ip/10.0.0.1`]))[0] ?? 0);
  return { keyValue: counted, calls: () => calls, total, breakDown: () => instance.close() };
}

const limits = { operationsPerMinuteViewer: 100, operationsPerMinuteIp: 100 };

test('two gateways share one limit, each overshooting by no more than what it admits between two syncs', async () => {
  const store = await sharedStore();
  const make = () =>
    createRateLimiter({ limits, log: memoryLog(), clock: { ...clock, now: () => NOW_MS }, keyValue: store.keyValue, syncMs: 5 });
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
    // Ten rounds, then both tell the store and hear of each other.
    while (between % 10 === 0 && (await store.total()) < admitted && Date.now() < deadline)
      await new Promise((resolve) => setImmediate(resolve));
  }
  expect(admitted).toBeGreaterThanOrEqual(100);
  expect(admitted).toBeLessThanOrEqual(100 + 2 * 20);
  expect(store.calls()).toBeLessThan(admitted);
  await Promise.all(gateways.map((gateway) => gateway.close()));
  expect(await store.total()).toBe(admitted);
});

test('a store that fails leaves each process to its own count, and says so once', async () => {
  const store = await sharedStore();
  await store.breakDown();
  const log = memoryLog();
  const gateway = createRateLimiter({ limits, log, clock: { ...clock, now: () => NOW_MS }, keyValue: store.keyValue, syncMs: 2 });
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
