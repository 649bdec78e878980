import type { EventLog, LogRecord, Waiting } from '../../ports/index.ts';

/** A decoded record and where it stands in its partition. */
export interface Sourced<T> {
  readonly position: number;
  /** When the source took it, milliseconds since the epoch. */
  readonly atMs: number;
  readonly value: T;
}

/** A record that cannot be decoded. It is counted, logged and passed over: no later record waits for it. */
export interface Poison {
  readonly position: number;
  readonly cause: unknown;
}

export interface Batch<T> {
  readonly records: readonly Sourced<T>[];
  readonly poison: readonly Poison[];
  /** Everything up to and including this position is in this batch or the ones before it. */
  readonly position: number;
}

export interface FollowOptions {
  readonly after: number;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What a projection reads: numbered records in partitions, for ever, in order, without a gap or a repeat. */
export interface Source<T> {
  readonly partitions: number;
  follow(partition: number, options: FollowOptions): AsyncIterable<Batch<T>>;
  /** Newest known position of every partition. */
  ends(options?: Waiting): Promise<readonly number[]>;
}

/** An event-log topic as a source. `decode` throws on a record it cannot read. */
export function logSource<T>(log: EventLog, topic: string, partitions: number, decode: (record: LogRecord) => T): Source<T> {
  return {
    partitions,
    async *follow(partition, options) {
      for await (const records of log.follow(topic, partition, options)) {
        const batch = decodeAll(records, decode);
        if (batch !== undefined) yield batch;
      }
    },
    async ends(options) {
      const ends = Array.from({ length: partitions }, () => 0);
      for (const extent of await log.extents(topic, options)) ends[extent.partition] = extent.last;
      return ends;
    },
  };
}

/** Decodes a batch, setting aside what cannot be read; undefined when it is empty. */
export function decodeAll<T>(records: readonly LogRecord[], decode: (record: LogRecord) => T): Batch<T> | undefined {
  const last = records.at(-1);
  if (last === undefined) return undefined;
  const decoded: Sourced<T>[] = [];
  const poison: Poison[] = [];
  for (const record of records) {
    try {
      decoded.push({ position: record.position, atMs: record.atMs, value: decode(record) });
    } catch (cause) {
      poison.push({ position: record.position, cause });
    }
  }
  return { records: decoded, poison, position: last.position };
}
