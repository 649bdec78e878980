import type { ApiOf, CapsOf, Port } from './port.ts';

/** `degraded` serves, but something an operator should look at is off; `down` does not serve. */
export interface Health {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly latencyMs?: number;
  /** One sentence for an operator. Never a secret, never an address with credentials. */
  readonly detail?: string;
}

/** What an adapter may say while it works. Fields are plain data without secrets. */
export interface AdapterLog {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

export interface ConnectContext {
  readonly signal: AbortSignal;
  readonly log: AdapterLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface OpenContext {
  /** `[a-z0-9_-]{1,40}`. Two namespaces on one engine never see each other's keys, topics, boards or leases. */
  readonly namespace: string;
  /** Aborted when the gateway stops; ends whatever the instance runs in the background. */
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** A port opened for one namespace. */
export interface Instance<Api> {
  readonly api: Api;
  /** Never throws and answers within a second: a broken engine is `down`, a closed instance is `down`. */
  health(): Promise<Health>;
  /** Idempotent. New calls reject with CLOSED at once; open subscriptions and followers end. */
  close(): Promise<void>;
}

/** How an adapter serves one port over its connection. */
export interface Provider<P extends Port = Port, Conn = never> {
  readonly port: P;
  /** Fixed values. What is claimed is tested by the kit; what is not claimed answers UNSUPPORTED. */
  readonly caps: CapsOf<P>;
  open(conn: Conn, context: OpenContext): Promise<Instance<ApiOf<P>>>;
}

/** One pool, one listener set: everything the opened ports of a resource share. */
export interface Connection<Conn> {
  readonly conn: Conn;
  health(): Promise<Health>;
  /** Idempotent. Called after every instance is closed. */
  close(): Promise<void>;
  /** What an operator sees at start, e.g. `PostgreSQL 18.4 in ./data/postgres, port 21433`. No secrets. */
  readonly description: string;
}

export type Provides = Readonly<Record<string, Provider>>;

/** One connection recipe and the ports it serves. `connect` is called once per resource. */
export interface Adapter<P extends Provides = Provides, Conn = never> {
  readonly name: string;
  readonly version: string;
  readonly provides: P;
  connect(context: ConnectContext): Promise<Connection<Conn>>;
}

/** Keeps the types of what is provided, so that binding a port it does not serve is a compile error. */
export const defineAdapter = <const P extends Readonly<Record<string, Provider<Port, Conn>>>, Conn>(
  adapter: Adapter<P, Conn>,
): Adapter<P, Conn> => adapter;
