import {
  type AppendResult,
  type EventLog,
  type Instance,
  type LogRecord,
  type NewRecord,
  type OpenContext,
  PortError,
  partitionOf,
} from '../../ports/index.ts';
import { checkInteger, checkText, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import { createBell } from './bell.ts';
import { backoffMs } from './client.ts';
import type { RedisConn } from './connection.ts';
import { mapRedisError } from './errors.ts';

/** Records of one `append`. */
export const APPEND_RECORDS_MAX = 10_000;
const DATA_BYTES_MAX = 65_536;
const TRIM_STEP = 500;

/**
 * Partitions as streams. All keys of a topic share one hash tag, so an append over several partitions is one script:
 *
 *   portico:{<ns>:el:<topic>}:m        hash    n: partitions · l<p>: last position · f<p>: first held · t<p>: instant of the last record
 *   portico:{<ns>:el:<topic>}:s:<p>    stream  <position>-0 -> k key, t instant, d data, i id ('' none); positions come from l<p>, without gaps
 *   portico:{<ns>:el:<topic>}:i:<p>    hash    dedupe id -> position, while the record is held
 *   portico:{<ns>:el:<topic>}:n:<p>    channel rung by every append to the partition
 *
 * Instants are the engine's. A read is one round trip. A topic lives on one node of a Cluster: spread load by topics. When a log without
 * `durable: 'disk'` loses its records, a reader that stood past its new end gets CURSOR_EXPIRED, never a silent gap.
 */
export async function openEventLog(conn: RedisConn, { namespace, signal: stopped }: OpenContext): Promise<Instance<EventLog>> {
  const ask = createAsk(conn, 'event-log');
  const closing = new AbortController();
  const partitionsOf = new Map<string, number>();
  const verb = conn.isCluster ? 'SPUBLISH' : 'PUBLISH';
  const baseOf = (topic: string): string => {
    checkText('topic', topic, 200);
    return `portico:{${namespace}:el:${topic}}`;
  };

  const countPartitions = async (topic: string, signal: AbortSignal | undefined): Promise<number> => {
    const known = partitionsOf.get(topic);
    if (known !== undefined) return known;
    const held = await ask.read(signal, () => conn.client.hget(`${baseOf(topic)}:m`, 'n'));
    if (held === null) throw missing(topic);
    partitionsOf.set(topic, Number(held));
    return Number(held);
  };

  const read = async (
    topic: string,
    partition: number,
    after: number,
    limit: number,
    signal: AbortSignal | undefined,
  ): Promise<LogRecord[]> => {
    const base = baseOf(topic);
    // In this order: what the stream held is judged by a head that is not older.
    const [entries, [n, first, last]] = await ask.read(signal, () =>
      Promise.all([
        conn.client.xrange(`${base}:s:${partition}`, `${after + 1}-0`, '+', 'COUNT', limit),
        conn.client.hmget(`${base}:m`, 'n', `f${partition}`, `l${partition}`),
      ]),
    );
    if (n === null || n === undefined) throw missing(topic);
    if (partition >= Number(n)) throw invalid(`the topic has ${n} partitions`);
    if (after + 1 < Number(first ?? 1) || after > Number(last ?? 0)) {
      throw new PortError(
        'CURSOR_EXPIRED',
        `partition ${partition} of ${topic} holds ${first ?? 1} to ${last ?? 0}, not what follows ${after}`,
        {
          port: 'event-log',
          adapter: 'redis',
        },
      );
    }
    return entries.map(([id, [, key = '', , atMs, , data = '']]) => ({
      partition,
      position: Number.parseInt(id, 10),
      atMs: Number(atMs),
      key,
      data,
    }));
  };

  const api: EventLog = {
    async declare(topic, { partitions }) {
      checkInteger('partitions', partitions, 1, 256);
      const key = `${baseOf(topic)}:m`;
      const [, held] = await ask.write(undefined, () =>
        Promise.all([conn.client.hsetnx(key, 'n', partitions), conn.client.hget(key, 'n')]),
      );
      partitionsOf.set(topic, Number(held));
      if (Number(held) !== partitions) {
        throw new PortError('CONFLICT', `${topic} has ${held} partitions, not ${partitions}`, { port: 'event-log', adapter: 'redis' });
      }
    },

    async append(topic, records, { signal } = {}) {
      const key = `${baseOf(topic)}:m`;
      checkRecords(records);
      // A second round only when the topic was declared anew, with another number of partitions, behind this node's back.
      for (let round = 0; ; round++) {
        const partitions = await countPartitions(topic, signal);
        const args = records.flatMap((record) => encodeRecord(record, partitions));
        const answer = (await ask.write(signal, () => ask.script('porticoLogAppend', key, partitions, verb, ...args))) as [
          string,
          ...(string | number)[],
        ];
        const [kind, ...rest] = answer;
        if (kind === 'appended' || kind === 'clash') return toResult(kind, rest);
        partitionsOf.delete(topic);
        if (kind === 'missing') throw missing(topic);
        if (round > 0) throw new PortError('CONFLICT', `${topic} is being declared anew`, { port: 'event-log', adapter: 'redis' });
      }
    },

    async read(topic, partition, { after, limit, signal }) {
      checkWindow(partition, after, limit);
      return read(topic, partition, after, limit, signal);
    },

    async *follow(topic, partition, { after, limit, signal }) {
      checkWindow(partition, after, limit);
      const end = AbortSignal.any([signal, stopped, closing.signal]);
      const bell = createBell();
      const hearer = { message: bell.ring, gap: bell.ring };
      const channel = `${baseOf(topic)}:n:${partition}`;
      let position = after;
      let isHeard = false;
      let failures = 0;
      try {
        while (!end.aborted) {
          let batch: LogRecord[];
          try {
            if (!isHeard) await conn.listener.add(channel, hearer);
            isHeard = true;
            batch = await read(topic, partition, position, limit, end);
          } catch (error) {
            if (end.aborted) return;
            const fault = mapRedisError(error, { port: 'event-log', effect: 'read' });
            if (!fault.retryable) throw fault;
            failures += 1;
            await createBell().wait(end, backoffMs(failures));
            continue;
          }
          failures = 0;
          position = batch.at(-1)?.position ?? position;
          if (batch.length > 0) yield batch;
          else await bell.wait(end);
        }
      } finally {
        conn.listener.remove(channel, hearer);
      }
    },

    async extents(topic, { signal } = {}) {
      const held = await ask.read(signal, () => conn.client.hgetall(`${baseOf(topic)}:m`));
      if (held['n'] === undefined) throw missing(topic);
      return Array.from({ length: Number(held['n']) }, (_, partition) => ({
        partition,
        first: Number(held[`f${partition}`] ?? 1),
        last: Number(held[`l${partition}`] ?? 0),
      }));
    },

    async trim(topic, partition, { through }) {
      checkInteger('through', through, 0, Number.MAX_SAFE_INTEGER);
      checkInteger('partition', partition, 0, (await countPartitions(topic, undefined)) - 1);
      for (;;) {
        const more = await ask.write(undefined, () => ask.script('porticoLogTrim', `${baseOf(topic)}:m`, partition, through, TRIM_STEP));
        if (more === -1) throw missing(topic);
        if (more === 0) return;
      }
    },
  };
  return openInstance(api, { port: 'event-log', adapter: 'redis', health: conn.health, close: () => closing.abort() }, ['follow']);
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'event-log', adapter: 'redis' });

const missing = (topic: string) =>
  new PortError('NOT_FOUND', `there is no topic ${topic}: declare it first`, { port: 'event-log', adapter: 'redis' });

function checkWindow(partition: number, after: number, limit: number): void {
  checkInteger('partition', partition, 0, 255);
  checkInteger('after', after, 0, Number.MAX_SAFE_INTEGER - 1);
  checkInteger('limit', limit, 1, 5000);
}

function checkRecords(records: readonly NewRecord[]): void {
  if (records.length > APPEND_RECORDS_MAX) throw invalid(`an append takes ${APPEND_RECORDS_MAX} records at most`);
  for (const { key, id, data } of records) {
    checkText('key', key, 200);
    if (id !== undefined) checkText('id', id, 200);
    if (Buffer.byteLength(data) > DATA_BYTES_MAX) throw invalid(`data must be at most ${DATA_BYTES_MAX} bytes`);
  }
}

function encodeRecord({ key, partition, id, data }: NewRecord, partitions: number): (string | number)[] {
  if (partition !== undefined) checkInteger('partition', partition, 0, partitions - 1);
  return [partition ?? partitionOf(key, partitions), key, id ?? '', data];
}

function toResult(kind: 'appended' | 'clash', flat: readonly (string | number)[]): AppendResult {
  if (kind === 'clash') return { kind, clashes: flat.map(Number) };
  const placed = Array.from({ length: flat.length / 4 }, (_, i) => ({
    partition: Number(flat[i * 4]),
    position: Number(flat[i * 4 + 1]),
    atMs: Number(flat[i * 4 + 2]),
    duplicate: flat[i * 4 + 3] === 1,
  }));
  return { kind, placed };
}
