import { definePort, type Scope, type Waiting } from './port.ts';

export interface Grant {
  readonly name: string;
  /** Higher than every token granted before under this name. A store that keeps the highest it saw can refuse a stale holder. */
  readonly token: number;
  /** By the engine's clock. */
  readonly expiresAtMs: number;
}

export interface LeaseState {
  readonly name: string;
  /** Null: free. */
  readonly holder: string | null;
  readonly token: number;
}

/**
 * One holder at a time, by name. `ttlMs` (100–600,000) runs on the engine's clock, so processes need not agree on the time.
 * A holder that is paused past its lease may still believe it holds it: whatever it writes must be guarded by the token or by a checkpoint.
 */
export interface Lease {
  /** Null when somebody else holds it. The same holder again gets its own lease prolonged with the same token. */
  acquire(name: string, options: { readonly holder: string; readonly ttlMs: number } & Waiting): Promise<Grant | null>;
  /** Null when it was lost. */
  renew(grant: Grant, options: { readonly ttlMs: number } & Waiting): Promise<Grant | null>;
  /** Nothing happens when the lease is no longer this grant's. */
  release(grant: Grant): Promise<void>;
  /** The state now, then every change, latest wins; a lease that ran out shows as free within a second. Ends when the signal aborts. */
  watch(name: string, options: { readonly signal: AbortSignal }): AsyncIterable<LeaseState>;
}

export interface LeaseCaps {
  readonly scope: Scope;
  readonly fencing: true;
  /** `disk`: tokens keep rising across a restart of the engine. `memory`: they may start again. */
  readonly durable: 'disk' | 'memory';
}

export const Lease = definePort<Lease, LeaseCaps>()('lease', 1);
