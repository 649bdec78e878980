import {
  type EventLog,
  type EventLogCaps,
  EventLog as EventLogPort,
  type Instance,
  type LogRecord,
  type OpenContext,
  PortError,
  type Provider,
  type Waiting,
} from '../../../ports/index.ts';
import { checkAborted, checkInteger, checkText, openInstance } from '../../kit/index.ts';
import { type Conn, instanceSignal } from '../connection.ts';
import { type Appender, createAppender, type Topic } from './append.ts';
import { follow } from './follow.ts';
import { createWakes } from './wakes.ts';

const caps: EventLogCaps = { scope: 'cluster', durable: 'disk', gapless: true, dedupe: 'retained' };
const READ_MAX = 5_000;
/** Rows that one statement of `trim` deletes. */
const TRIM_BATCH = 10_000;

export const eventLogProvider: Provider<typeof EventLogPort, Conn> = { port: EventLogPort, caps, open: openEventLog };

function openEventLog(conn: Conn, context: OpenContext): Promise<Instance<EventLog>> {
  const { signal: ended, end } = instanceSignal(context);
  const topics = new Map<string, Topic>();
  const appenders = new Map<number, Appender>();
  const wakes = createWakes(conn.listener);
  const call = <Row>(text: string, params: readonly unknown[], signal?: AbortSignal, asArrays = false) =>
    conn.call<Row>('event-log', text, params, { signal, asArrays });

  const topicOf = async (name: string, signal?: AbortSignal): Promise<Topic> => {
    const known = topics.get(name);
    if (known !== undefined) return known;
    checkText('topic', name, 200);
    const [found] = await call<Topic>(
      'select id, partitions from portico.topics where namespace = $1 and name = $2',
      [context.namespace, name],
      signal,
    );
    if (found === undefined)
      throw new PortError('NOT_FOUND', `the topic ${name} was never declared`, { port: 'event-log', adapter: 'postgres' });
    topics.set(name, found);
    return found;
  };
  const appenderOf = (topic: Topic): Appender => {
    const appender = appenders.get(topic.id) ?? createAppender(conn, topic, wakes);
    appenders.set(topic.id, appender);
    return appender;
  };
  const read = async (
    name: string,
    partition: number,
    options: { after: number; limit: number } & Waiting,
  ): Promise<readonly LogRecord[]> => {
    checkInteger('limit', options.limit, 1, READ_MAX);
    checkInteger('after', options.after, 0, Number.MAX_SAFE_INTEGER);
    checkAborted(options.signal);
    const topic = await topicOf(name, options.signal);
    checkInteger('partition', partition, 0, topic.partitions - 1);
    const rows = await call<readonly [string, string | null, string | null, string | null, string | null]>(
      READ,
      [topic.id, partition, options.after, options.limit],
      options.signal,
      true,
    );
    const first = Number(rows[0]?.[0] ?? 1);
    if (options.after + 1 < first) {
      throw new PortError('CURSOR_EXPIRED', `partition ${partition} of ${name} begins at ${first}`, {
        port: 'event-log',
        adapter: 'postgres',
      });
    }
    const records: LogRecord[] = [];
    for (const [, position, atMs, key, data] of rows) {
      if (position === null || key === null || data === null) continue;
      records.push({ partition, position: Number(position), atMs: Number(atMs), key, data });
    }
    return records;
  };

  const api: EventLog = {
    async declare(name, { partitions }) {
      checkText('topic', name, 200);
      checkInteger('partitions', partitions, 1, 256);
      const [row] = await call<Topic>(DECLARE, [context.namespace, name, partitions]);
      const topic = row ?? (await topicOf(name));
      topics.set(name, topic);
      if (topic.partitions !== partitions) {
        throw new PortError('CONFLICT', `the topic ${name} has ${topic.partitions} partitions`, { port: 'event-log', adapter: 'postgres' });
      }
    },
    async append(name, records, options) {
      checkAborted(options?.signal);
      return appenderOf(await topicOf(name, options?.signal)).append(records, options?.signal);
    },
    read,
    follow(name, partition, options) {
      checkInteger('limit', options.limit, 1, READ_MAX);
      checkInteger('after', options.after, 0, Number.MAX_SAFE_INTEGER);
      const signal = AbortSignal.any([options.signal, ended]);
      return follow({
        after: options.after,
        limit: options.limit,
        signal,
        read: (after, limit) => read(name, partition, { after, limit, signal }),
        openWake: async () => wakes.open((await topicOf(name, signal)).id, partition),
      });
    },
    async extents(name, options) {
      const topic = await topicOf(name, options?.signal);
      const rows = await call<{ partition: number; first: string; last: string }>(
        'select partition, first, last from portico.heads where topic_id = $1 order by partition',
        [topic.id],
        options?.signal,
      );
      return rows.map((row) => ({ partition: row.partition, first: Number(row.first), last: Number(row.last) }));
    },
    async trim(name, partition, { through }) {
      checkInteger('through', through, 0, Number.MAX_SAFE_INTEGER);
      const topic = await topicOf(name);
      checkInteger('partition', partition, 0, topic.partitions - 1);
      for (;;) {
        const [row] = await call<{ done: boolean }>(TRIM, [topic.id, partition, through]);
        if (row?.done !== false) return;
      }
    },
  };
  const instance = openInstance<EventLog>(api, { port: 'event-log', adapter: 'postgres', health: () => conn.health(), close: end }, [
    'follow',
  ]);
  return Promise.resolve(instance);
}

/** One row per record beside the partition's first position; one row with nulls when there is no record. One statement, so one moment. */
const READ = `
select h.first, r.position, r.at_ms, r.key, r.data from portico.heads h
  left join lateral (
    select position, at_ms, key, data from portico.records
     where topic_id = h.topic_id and partition = h.partition and position > $3::bigint order by position limit $4::int
  ) r on true
 where h.topic_id = $1::int and h.partition = $2::int`;

/** The topic with its heads when it is new, no row when it was there. */
const DECLARE = `
with made as (
  insert into portico.topics (namespace, name, partitions) values ($1, $2, $3::int) on conflict do nothing returning id, partitions
), heads as (
  insert into portico.heads (topic_id, partition) select id, g from made, generate_series(0, partitions - 1) g
)
select id, partitions from made`;

/** Moves the beginning and deletes what lies before it in one step, so that a record is either held with its id or gone with it. */
const TRIM = `
with head as (
  select first, last, least($3::bigint, last, first + ${TRIM_BATCH} - 1) as upto from portico.heads
   where topic_id = $1::int and partition = $2::int for update
), moved as (
  update portico.heads h set first = head.upto + 1 from head
   where h.topic_id = $1::int and h.partition = $2::int and head.upto >= h.first
), gone as (
  delete from portico.records r using head where r.topic_id = $1::int and r.partition = $2::int and r.position <= head.upto
)
select upto >= least($3::bigint, last) as done from head`;
