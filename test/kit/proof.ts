import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { inspect } from 'node:util';
import { PortError, type PortErrorCode } from '../../ports/index.ts';

/** The call must fail with a PortError of one of these codes. Answers the error. */
export async function refuses(codes: PortErrorCode | readonly PortErrorCode[], what: string, call: () => unknown): Promise<PortError> {
  const wanted: readonly string[] = typeof codes === 'string' ? [codes] : codes;
  const error: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  assert.ok(error !== null, `${what}: expected ${wanted.join(' or ')}, but it was answered`);
  assert.ok(error instanceof PortError, `${what}: expected a PortError ${wanted.join(' or ')}, got ${inspect(error)}`);
  assert.ok(wanted.includes(error.code), `${what}: expected ${wanted.join(' or ')}, got ${error.code}: ${error.message}`);
  return error;
}

/** Waits until the check holds, asking again every few milliseconds; says what it waited for when it never does. */
export async function eventually(what: string, check: () => boolean | Promise<boolean>, withinMs = 8_000): Promise<void> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    if (await check()) return;
    if (Date.now() > endsAt) assert.fail(`${what}: not within ${withinMs} ms`);
    await pause(10);
  }
}

/** Repeats a call until it is answered; a PortError that says "later" is tried again. For what must work once an outage is over. */
export async function untilAnswered<T>(what: string, call: () => Promise<T>, withinMs = 20_000): Promise<T> {
  const endsAt = Date.now() + withinMs;
  for (;;) {
    try {
      return await within(what, call(), Math.max(1, endsAt - Date.now()));
    } catch (error) {
      if (!(error instanceof PortError) || !error.retryable) throw error;
      if (Date.now() > endsAt) assert.fail(`${what}: not within ${withinMs} ms, at last ${error.code}: ${error.message}`);
    }
    await pause(50);
  }
}

/** The promise, or a failure when it has not settled in time. */
export async function within<T>(what: string, promise: Promise<T>, ms: number): Promise<T> {
  const late = new AbortController();
  const timer = pause(ms, undefined, { signal: late.signal }).then(
    () => assert.fail(`${what}: no answer within ${ms} ms`),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, timer]);
  } finally {
    late.abort();
  }
}

/** The promise, with a cleanup that is waited for whether it was kept or not. */
export async function andThen<T>(promise: Promise<T>, cleanup: () => Promise<unknown>): Promise<T> {
  try {
    return await promise;
  } finally {
    await cleanup();
  }
}

/** True when the promise has settled before the pause is over. For "it waits": a short look cannot prove it, but a busy loop shows. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([settled, pause(ms).then(() => false)]);
}

/** Reads batches until the check on everything read so far holds. */
export async function gather<T>(
  what: string,
  batches: AsyncIterator<readonly T[]>,
  isEnough: (all: readonly T[]) => boolean,
  withinMs = 10_000,
): Promise<T[]> {
  const all: T[] = [];
  const endsAt = Date.now() + withinMs;
  while (!isEnough(all)) {
    const step = await within(`${what} (${all.length} so far)`, batches.next(), Math.max(1, endsAt - Date.now()));
    assert.ok(step.done !== true, `${what}: the stream ended after ${all.length}`);
    assert.ok(step.value.length > 0, `${what}: an empty batch`);
    all.push(...step.value);
  }
  return all;
}

/** The stream must end without an error; what it still held is answered. */
export async function drains<T>(what: string, batches: AsyncIterator<readonly T[]>, withinMs = 5_000): Promise<T[]> {
  const rest: T[] = [];
  for (;;) {
    const step = await within(`${what}: the end`, batches.next(), withinMs);
    if (step.done === true) return rest;
    rest.push(...step.value);
  }
}

export const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

/** Hands out `prefix0`, `prefix1`, …; a case lives in a namespace of its own, so names need not be unlike those of other cases. */
export function names(prefix: string): () => string {
  let count = 0;
  return () => `${prefix}${count++}`;
}
