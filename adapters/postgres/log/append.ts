import { type AppendResult, type NewRecord, type Placed, PortError, partitionOf } from '../../../ports/index.ts';
import { checkAborted, checkInteger, checkText } from '../../kit/index.ts';
import type { Conn } from '../connection.ts';
import { createLane, type Lane } from '../lane.ts';
import { abandonable } from '../pool.ts';
import { integerArray, textElements } from '../text-array.ts';
import type { Wakes } from './wakes.ts';

export interface Topic {
  readonly id: number;
  readonly partitions: number;
}

/** Records in one append. */
const APPEND_MAX = 10_000;
const APPEND_BYTES_MAX = 32 * 2 ** 20;
const DATA_BYTES_MAX = 64 * 2 ** 10;
/** A record's weight is its data plus what it costs anyway; a group of many small records stays below about 8,000 of them. */
const RECORD_WEIGHT = 512;
const GROUP_WEIGHT_MAX = 4 * 2 ** 20;
const WAITING_WEIGHT_MAX = 64 * 2 ** 20;

interface Item {
  readonly partition: number;
  readonly key: string;
  readonly id: string | null;
  readonly data: string;
}

/** One append call. `encoded` is made when the call comes, while an earlier write is in flight. `items` are what is sent; `aliases[i]` says which item the i-th record of the caller is. */
interface Job {
  readonly items: readonly Item[];
  readonly aliases: readonly number[];
  readonly ids: ReadonlySet<string>;
  /** Indexes of records whose id stands earlier in the same call with other data. Such a call is looked up and never written. */
  readonly ownClashes: readonly number[];
  readonly encoded: { readonly keys: string; readonly ids: string; readonly data: string };
  readonly weight: number;
  readonly resolve: (result: AppendResult) => void;
  readonly reject: (error: unknown) => void;
}

interface AnswerRow {
  readonly kind: 'p' | 'd' | 'c';
  readonly n: number;
  readonly position: string | null;
  readonly at_ms: string | null;
}

/** Appends of one topic, gathered: while one write is in flight, further calls wait and share the next. */
export interface Appender {
  append(records: readonly NewRecord[], signal: AbortSignal | undefined): Promise<AppendResult>;
}

export function createAppender(conn: Conn, topic: Topic, wakes: Wakes): Appender {
  const lane: Lane<Job> = createLane<Job>({
    write: (jobs) => write(conn, topic, wakes, jobs),
    weightOf: (job) => job.weight,
    groupWeightMax: GROUP_WEIGHT_MAX,
    waitingWeightMax: WAITING_WEIGHT_MAX,
    joins: (group, job) => job.ids.size === 0 || group.every((other) => other.ids.isDisjointFrom(job.ids)),
  });
  return {
    async append(records, signal) {
      checkAborted(signal);
      checkInteger('the number of records', records.length, 0, APPEND_MAX);
      if (records.length === 0) return { kind: 'appended', placed: [] };
      const prepared = prepare(topic, records);
      const done = new Promise<AppendResult>((resolve, reject) => lane.push({ ...prepared, resolve, reject }));
      return signal === undefined ? done : abandonable(done, signal);
    },
  };
}

type Prepared = Omit<Job, 'resolve' | 'reject'>;

/** Checks the records, places them in partitions and folds the repeats of an id within the call. */
function prepare(topic: Topic, records: readonly NewRecord[]): Prepared {
  const items: Item[] = [];
  const aliases: number[] = [];
  const ownClashes: number[] = [];
  const places = new Map<string, number>();
  let bytes = 0;
  for (const [index, record] of records.entries()) {
    bytes += checkRecord(topic, record);
    const partition = record.partition ?? partitionOf(record.key, topic.partitions);
    const name = record.id === undefined ? undefined : `${partition} ${record.id}`;
    const earlier = name === undefined ? undefined : places.get(name);
    if (earlier !== undefined) {
      if (items[earlier]?.data !== record.data) ownClashes.push(index);
      aliases.push(earlier);
      continue;
    }
    if (name !== undefined) places.set(name, items.length);
    aliases.push(items.length);
    items.push({ partition, key: record.key, id: record.id ?? null, data: record.data });
  }
  if (bytes > APPEND_BYTES_MAX)
    throw new PortError('INVALID_ARGUMENT', `an append holds at most ${APPEND_BYTES_MAX} bytes`, { port: 'event-log' });
  return { items, aliases, encoded: encode(items), ids: new Set(places.keys()), ownClashes, weight: bytes + items.length * RECORD_WEIGHT };
}

function checkRecord(topic: Topic, record: NewRecord): number {
  checkText('key', record.key, 200);
  if (record.id !== undefined) checkText('id', record.id, 200);
  if (record.partition !== undefined) checkInteger('partition', record.partition, 0, topic.partitions - 1);
  const bytes = Buffer.byteLength(record.data);
  if (bytes > DATA_BYTES_MAX)
    throw new PortError('INVALID_ARGUMENT', `data must be at most ${DATA_BYTES_MAX} bytes`, { port: 'event-log' });
  if (record.data.includes('\0') || record.key.includes('\0') || record.id?.includes('\0')) {
    throw new PortError('INVALID_ARGUMENT', 'PostgreSQL keeps no U+0000 in text', { port: 'event-log' });
  }
  return bytes;
}

async function write(conn: Conn, topic: Topic, wakes: Wakes, jobs: readonly Job[]): Promise<void> {
  try {
    const rows = await conn.call<AnswerRow>('event-log', APPEND, [topic.id, ...parametersOf(jobs)]);
    settle(jobs, rows, (partition, last) => wakes.tell(topic.id, partition, last));
  } catch (error) {
    for (const job of jobs) job.reject(error);
  }
}

const APPEND = `select kind, n, position, at_ms from portico.append(
  $1::int, $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[], $8::text[], $9::text[], $10::text[])`;

function parametersOf(jobs: readonly Job[]): readonly string[] {
  const counts = new Map<number, number>();
  const calls: number[] = [];
  const partitions: number[] = [];
  const ranks: number[] = [];
  for (const [call, job] of jobs.entries()) {
    for (const { partition } of job.items) {
      const rank = (counts.get(partition) ?? 0) + 1;
      counts.set(partition, rank);
      calls.push(call);
      partitions.push(partition);
      ranks.push(rank);
    }
  }
  const hasIds = jobs.some((job) => job.ids.size > 0);
  const refused = jobs.flatMap((job, call) => (job.ownClashes.length > 0 ? [call] : []));
  const joined = (column: keyof Job['encoded']) => `{${jobs.map((job) => job.encoded[column]).join(',')}}`;
  return [
    ...[[...counts.keys()], [...counts.values()], refused, calls, partitions, ranks].map(integerArray),
    joined('keys'),
    // A shorter array is filled up with NULLs.
    hasIds ? joined('ids') : '{}',
    joined('data'),
  ];
}

const encode = (items: readonly Item[]): Job['encoded'] => ({
  keys: textElements(items.map((item) => item.key)),
  ids: textElements(items.map((item) => item.id)),
  data: textElements(items.map((item) => item.data)),
});

/** Gives every call its own outcome. Positions follow the order the items were sent in, which is the order the server placed them in. */
function settle(jobs: readonly Job[], rows: readonly AnswerRow[], tell: (partition: number, last: number) => void): void {
  const heads = new Map<number, { position: number; readonly atMs: number }>();
  const known = new Map<number, readonly [position: number, atMs: number]>();
  const clashing = new Set<number>();
  for (const row of rows) {
    if (row.kind === 'p') heads.set(row.n, { position: Number(row.position), atMs: Number(row.at_ms) });
    else if (row.kind === 'd') known.set(row.n - 1, [Number(row.position), Number(row.at_ms)]);
    else clashing.add(row.n - 1);
  }
  let offset = 0;
  for (const job of jobs) {
    const base = offset;
    offset += job.items.length;
    const isClash = (item: number, index: number) => clashing.has(base + item) || job.ownClashes.includes(index);
    const clashes = job.aliases.flatMap((item, index) => (isClash(item, index) ? [index] : []));
    if (clashes.length > 0) {
      job.resolve({ kind: 'clash', clashes });
      continue;
    }
    const placedItems = job.items.map((item, index): Placed => {
      const [position, atMs] = known.get(base + index) ?? [];
      if (position !== undefined && atMs !== undefined) return { partition: item.partition, position, atMs, duplicate: true };
      const head = heads.get(item.partition);
      if (head === undefined) throw new PortError('INTERNAL', 'the log answered without a place for a record', { port: 'event-log' });
      head.position += 1;
      return { partition: item.partition, position: head.position, atMs: head.atMs, duplicate: false };
    });
    job.resolve({ kind: 'appended', placed: placedOf(job, placedItems) });
  }
  for (const [partition, head] of heads) tell(partition, head.position);
}

function placedOf(job: Job, placedItems: readonly Placed[]): readonly Placed[] {
  if (job.items.length === job.aliases.length) return placedItems;
  const seen = new Set<number>();
  return job.aliases.map((item) => {
    const placed = placedItems[item];
    if (placed === undefined) throw new PortError('INTERNAL', 'the log answered without a place for a record', { port: 'event-log' });
    const isRepeat = seen.has(item);
    seen.add(item);
    return isRepeat ? { ...placed, duplicate: true } : placed;
  });
}
