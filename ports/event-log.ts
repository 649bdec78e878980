import { definePort, type Scope, type Waiting } from './port.ts';

export interface NewRecord {
  /** Chooses the partition (`partitionOf`), so records of one key keep their order. 1–200 bytes. */
  readonly key: string;
  /** Places the record in this partition instead of the key's. For markers that every partition must carry. */
  readonly partition?: number;
  /** Dedupe id within the partition, 1–200 bytes. The same id and data again is a duplicate, the same id with other data a clash. */
  readonly id?: string;
  /** Opaque UTF-8 text, at most 64 KiB. */
  readonly data: string;
}

export interface LogRecord {
  readonly partition: number;
  /** Strictly ascending within the partition, from 1; gapless if the capability says so. */
  readonly position: number;
  /** When the log took it, milliseconds since the epoch; never descends within a partition. */
  readonly atMs: number;
  readonly key: string;
  readonly data: string;
}

export interface Placed {
  readonly partition: number;
  readonly position: number;
  readonly atMs: number;
  /** True when the id was there already with the same data: this is where it stands. */
  readonly duplicate: boolean;
}

/** All records of one append are in the log, or (`clash`) none is and `clashes` lists the indexes whose id stands with other data. */
export type AppendResult =
  | { readonly kind: 'appended'; readonly placed: readonly Placed[] }
  | { readonly kind: 'clash'; readonly clashes: readonly number[] };

export interface Extent {
  readonly partition: number;
  /** Position of the oldest record held; `last + 1` when the partition is empty. */
  readonly first: number;
  /** Position of the newest record ever appended, 0 when there was none. */
  readonly last: number;
}

/**
 * Durable, partitioned, ordered records. `append` is atomic over its records and acknowledged only when they are as
 * durable as the capability says. Concurrent appends may share one engine write; each keeps its own outcome.
 */
export interface EventLog {
  /** Fixes the number of partitions (1–256) when the topic is new; another number than the one it has: CONFLICT. Idempotent. */
  declare(topic: string, options: { readonly partitions: number }): Promise<void>;
  append(topic: string, records: readonly NewRecord[], options?: Waiting): Promise<AppendResult>;
  /** Up to `limit` (1–5000) records after the position, in order. A trimmed position: CURSOR_EXPIRED. */
  read(
    topic: string,
    partition: number,
    options: { readonly after: number; readonly limit: number } & Waiting,
  ): Promise<readonly LogRecord[]>;
  /**
   * The same, for ever: yields non-empty batches, waits without polling at the end, survives a lost connection, ends when the signal
   * aborts. Never skips and never repeats.
   */
  follow(
    topic: string,
    partition: number,
    options: { readonly after: number; readonly limit: number; readonly signal: AbortSignal },
  ): AsyncIterable<readonly LogRecord[]>;
  extents(topic: string, options?: Waiting): Promise<readonly Extent[]>;
  /** Forgets records up to and including the position. Their dedupe ids stay for the window the capability names. */
  trim(topic: string, partition: number, options: { readonly through: number }): Promise<void>;
}

export interface EventLogCaps {
  readonly scope: Scope;
  /** `disk`: an acknowledged record survives a killed engine. `memory`: it does not. */
  readonly durable: 'disk' | 'memory';
  readonly gapless: boolean;
  /** How long an id is remembered after its record: `retained` while the record is held, or a number of milliseconds. */
  readonly dedupe: 'retained' | { readonly windowMs: number };
}

export const EventLog = definePort<EventLog, EventLogCaps>()('event-log', 1);

/**
 * The partition of a key: FNV-1a (32 bit) over its UTF-8 bytes, modulo the number of partitions. Fixed for ever and the same in every
 * adapter, so that a projection sharded like its log finds a key without asking. O(bytes).
 */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return partitionOfBytes(new TextEncoder().encode(key), partitions);
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return (hash >>> 0) % partitions;
}

function partitionOfBytes(bytes: Uint8Array, partitions: number): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % partitions;
}
