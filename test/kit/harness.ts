import type { Connection, Provider } from '../../ports/index.ts';

/** Any adapter, whatever its connection is made of. */
export interface AnyAdapter {
  readonly name: string;
  readonly version: string;
  readonly provides: Readonly<Record<string, Provider>>;
  connect(context: {
    readonly signal: AbortSignal;
    readonly log: { info(message: string): void; warn(message: string): void };
    readonly now: () => number;
  }): Promise<Connection<unknown>>;
}

/** Cuts the network between adapter and engine for real and restores it: `cut` resolves when no byte passes any more. */
export interface Cut {
  cut(): Promise<void> | void;
  heal(): Promise<void> | void;
}

/** Kills the engine as a power cut would (SIGKILL) and starts it again on the same data; `restart` resolves when it serves. */
export interface Kill {
  kill(): Promise<void> | void;
  restart(): Promise<void> | void;
}

/**
 * What the author of an adapter hands to the kit: how to reach the engine and, where possible, how to break it. What an adapter can do is
 * never said here: it stands in its capabilities, and the kit believes nothing else.
 */
export interface Harness {
  /** A fresh recipe to the same engine on every call; the connection of a second call stands for a second node. */
  readonly adapter: () => AnyAdapter;
  /** Without it the fault cases are reported as not exercised. */
  readonly fault?: Cut | Kill | (Cut & Kill);
  /** Round trips to the engine so far, over all connections. Without it the cost cases are not exercised. */
  readonly roundTrips?: () => number;
  /** Engine nodes that share the keys; a cost budget counts per node. Default 1. */
  readonly nodes?: number;
  /** `port/case` → a link that says why. A listed case that passes is a failure, so the list cannot rot. */
  readonly knownFailures?: Readonly<Record<string, `https://${string}`>>;
  /** Of every random choice. Default: random, and printed with each failure. */
  readonly seed?: number;
  /** How long a case may take before it counts as hung. Default 20,000; a case that must wait longer says so itself. */
  readonly deadlineMs?: number;
}

export const DEADLINE_MS = 20_000;

/** Cutting, or else killing: whichever way the harness has to take the engine away and bring it back. */
export function outageOf(harness: Harness): { readonly begin: () => Promise<void>; readonly end: () => Promise<void> } | null {
  const { fault } = harness;
  if (fault === undefined) return null;
  if ('cut' in fault) return { begin: async () => fault.cut(), end: async () => fault.heal() };
  return { begin: async () => fault.kill(), end: async () => fault.restart() };
}

export function killOf(harness: Harness): Kill | null {
  return harness.fault !== undefined && 'kill' in harness.fault ? harness.fault : null;
}
