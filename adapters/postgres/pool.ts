import { PortError } from '../../ports/index.ts';
import type { Link } from './link.ts';

export interface PoolOptions {
  readonly open: () => Promise<Link>;
  readonly max: number;
  /** How long a caller waits for a link before OVERLOADED. */
  readonly waitMs: number;
  /** How many callers may wait; the next one gets OVERLOADED at once. */
  readonly waitingMax: number;
}

/** Up to `max` links, each lent to one caller at a time, first come first served. */
export interface Pool {
  /** Lends a link for the length of `work`. When the signal aborts, the caller is released at once and the link when `work` has settled. */
  use<T>(work: (link: Link) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Refuses new work, waits up to `graceMs` for what is running, then cuts it off. */
  close(graceMs: number): Promise<void>;
}

interface Waiter {
  readonly resolve: (link: Link) => void;
  readonly reject: (error: unknown) => void;
}

export function createPool(options: PoolOptions): Pool {
  const idle: Link[] = [];
  const lent = new Set<Link>();
  const waiting = new Set<Waiter>();
  let opening = 0;
  let isClosed = false;
  let onDrained: (() => void) | undefined;

  const next = (): Waiter | undefined => {
    const [first] = waiting;
    if (first !== undefined) waiting.delete(first);
    return first;
  };
  const lend = (link: Link, waiter: Waiter) => {
    lent.add(link);
    waiter.resolve(link);
  };
  const serve = () => {
    while (waiting.size > 0) {
      const link = idle.pop();
      if (link !== undefined && !link.isAlive) continue;
      if (link === undefined && opening + lent.size >= options.max) return;
      const waiter = next();
      if (waiter === undefined) return;
      if (link === undefined) void openFor(waiter);
      else lend(link, waiter);
    }
  };
  const openFor = async (waiter: Waiter) => {
    opening += 1;
    try {
      const link = await options.open();
      if (isClosed) {
        link.destroy();
        throw closed();
      }
      lend(link, waiter);
    } catch (error) {
      waiter.reject(error);
    } finally {
      opening -= 1;
      serve();
    }
  };
  const giveBack = (link: Link) => {
    lent.delete(link);
    if (isClosed) link.destroy();
    else if (link.isAlive) idle.push(link);
    if (lent.size === 0) onDrained?.();
    serve();
  };
  const take = (signal: AbortSignal | undefined): Promise<Link> => {
    if (isClosed) return Promise.reject(closed());
    if (signal?.aborted) return Promise.reject(cancelled(signal, 'not-applied'));
    if (waiting.size >= options.waitingMax) return Promise.reject(overloaded(`${waiting.size} callers wait for a connection`));
    return new Promise<Link>((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        resolve: (link) => {
          settle();
          resolve(link);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      const leave = (error: PortError) => {
        if (waiting.delete(waiter)) waiter.reject(error);
      };
      const onAbort = () => signal !== undefined && leave(cancelled(signal, 'not-applied'));
      const timer = setTimeout(() => leave(overloaded(`no connection became free within ${options.waitMs} ms`)), options.waitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      waiting.add(waiter);
      serve();
    });
  };

  return {
    async use(work, signal) {
      const link = await take(signal);
      const running = work(link).finally(() => giveBack(link));
      return signal === undefined ? running : abandonable(running, signal);
    },
    async close(graceMs) {
      isClosed = true;
      for (const waiter of waiting) waiter.reject(closed());
      waiting.clear();
      for (const link of idle.splice(0)) link.destroy();
      if (lent.size === 0) return;
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        onDrained = resolve;
        timer = setTimeout(resolve, graceMs);
      });
      clearTimeout(timer);
      for (const link of lent) link.destroy();
    },
  };
}

/** Settles like `running`, or rejects with CANCELLED when the signal aborts first; then whether a write happened is unknown. */
export function abandonable<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(cancelled(signal, 'unknown'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

export const cancelled = (signal: AbortSignal, outcome: 'not-applied' | 'unknown') =>
  new PortError('CANCELLED', 'the caller gave up', { adapter: 'postgres', cause: signal.reason, outcome });
const closed = () => new PortError('CLOSED', 'the connection to PostgreSQL is closed', { adapter: 'postgres' });
const overloaded = (message: string) => new PortError('OVERLOADED', message, { adapter: 'postgres' });
