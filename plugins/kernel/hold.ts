import { type Grant, type Lease, PortError } from '../../ports/index.ts';
import type { Clock } from './environment.ts';

export interface HoldOptions {
  readonly lease: Lease;
  readonly name: string;
  /** This process, unique among all that bind the same engine. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told when somebody else holds it. */
  readonly onStandby?: () => void;
}

/**
 * Waits until the lease is ours, then runs `fn`. Its signal aborts when the lease is lost or cannot be renewed in time, and `fn` must stop
 * at once then. Resolves when `fn` ends, the lease is lost or the signal aborts; rejects with the fault of `fn` or of the lease.
 */
export async function hold(options: HoldOptions, fn: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { lease, signal } = options;
  const askedAtMs = options.clock.now();
  const grant = await lease.acquire(options.name, { holder: options.holder, ttlMs: options.ttlMs, signal });
  if (grant === null) {
    options.onStandby?.();
    await untilFree(lease, options.name, signal);
    return;
  }
  const lost = new AbortController();
  const held = AbortSignal.any([signal, lost.signal]);
  const ended = new AbortController();
  const renewing = keepRenewing(options, grant, askedAtMs, AbortSignal.any([held, ended.signal])).then((isLost) => {
    if (isLost) lost.abort(new PortError('CONFLICT', `the lease ${options.name} was lost`));
  });
  try {
    await fn(held);
  } finally {
    ended.abort();
    await renewing;
    await lease.release(grant).catch(() => undefined);
  }
}

/** Resolves with true when the lease is gone, with false when the signal aborted first. */
async function keepRenewing(options: HoldOptions, first: Grant, askedAtMs: number, signal: AbortSignal): Promise<boolean> {
  const { clock, lease, ttlMs } = options;
  let grant = first;
  let validUntilMs = askedAtMs + ttlMs;
  for (;;) {
    await clock.sleep(ttlMs / 3, signal);
    if (signal.aborted) return false;
    const startedAtMs = clock.now();
    try {
      const renewed = await lease.renew(grant, { ttlMs, signal });
      if (renewed === null) return !signal.aborted;
      grant = renewed;
      validUntilMs = startedAtMs + ttlMs;
    } catch {
      if (signal.aborted) return false;
      if (clock.now() + ttlMs / 3 >= validUntilMs) return true;
    }
  }
}

async function untilFree(lease: Lease, name: string, signal: AbortSignal): Promise<void> {
  for await (const state of lease.watch(name, { signal })) if (state.holder === null) return;
}
