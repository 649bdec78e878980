/** What a plugin gets instead of globals: time, chance, words for the operator, numbers for the monitor. */
export interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly meter: Meter;
  /** Aborted when the gateway stops. */
  readonly signal: AbortSignal;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or early when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** A fresh UUID of version 7, so that ids sort by time. */
  id(): string;
  /** Uniform in [0, 1). */
  unit(): number;
}

export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export type Labels = Readonly<Record<string, string>>;

/** Prometheus naming: `portico_<plugin>_<what>_<unit>`, counters end in `_total`. The prefix `portico_<plugin>_` is added by the server. */
export interface Meter {
  counter(name: string, help: string, labelNames?: readonly string[]): { add(amount: number, labels?: Labels): void };
  /** Read when the monitor asks. */
  gauge(name: string, help: string, read: () => readonly { readonly value: number; readonly labels?: Labels }[]): void;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ): { observe(value: number, labels?: Labels): void };
}
