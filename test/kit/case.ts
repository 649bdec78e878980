import type { ApiOf, CapsOf, Connection, Instance, Port } from '../../ports/index.ts';
import type { Harness } from './harness.ts';
import type { Random } from './random.ts';

export interface Opened<P extends Port> {
  readonly api: ApiOf<P>;
  readonly instance: Instance<ApiOf<P>>;
  readonly connection: Connection<unknown>;
}

export interface OpenOptions {
  /** Appended to the namespace of the case; left out: the same namespace. */
  readonly suffix?: string;
  /** Over a connection of its own, as another process would. */
  readonly isSecondNode?: boolean;
  readonly signal?: AbortSignal;
}

/** What a case runs with: an open port in a namespace nobody used before. Everything opened through it is closed afterwards. */
export interface Trial<P extends Port> extends Opened<P> {
  readonly caps: CapsOf<P>;
  readonly harness: Harness;
  readonly random: Random;
  /** Aborted when the case is over. */
  readonly signal: AbortSignal;
  readonly open: (options?: OpenOptions) => Promise<Opened<P>>;
  /** Runs when the case is over, last first. */
  after(cleanup: () => unknown): void;
}

/** `outage`: cut or kill. `kill`: kill only. `round-trips`: a counter. What the harness lacks is reported as not exercised, never as passed. */
export type Need = 'outage' | 'kill' | 'round-trips';

/** One sentence of a port's contract and the way to prove it. Data: no runner knows of it, any runner can run it. */
export interface Case<P extends Port = Port> {
  /** Stable, `topic/what`; known failures and reports name it as `port/topic/what`. */
  readonly id: string;
  /** A sentence. */
  readonly title: string;
  /** A reason to leave it out, from the claimed capabilities alone. */
  readonly skip?: (caps: CapsOf<P>, harness: Harness) => string | false;
  readonly needs?: readonly Need[];
  /** Runs on a connection that no other case shares. */
  readonly isAlone?: boolean;
  /** Longer than the harness's, for cases that wait for an engine to come back. */
  readonly deadlineMs?: number;
  run(trial: Trial<P>): Promise<void>;
}

/** The cases of one port, with the port's type forgotten so that suites can stand in one list. */
export interface Suite {
  readonly port: string;
  readonly contract: number;
  readonly cases: readonly Case<never>[];
}

export const suite = <P extends Port>(port: P, cases: readonly Case<P>[]): Suite => ({
  port: port.id,
  contract: port.contract,
  cases: cases as readonly Case<never>[],
});

/** Ties a list of cases to the port they speak of. */
export const casesOf =
  <P extends Port>(_port: P) =>
  (cases: readonly Case<P>[]): readonly Case<P>[] =>
    cases;
