import { type OutboxRecord, type PendingRecord, PortError } from '../../ports/index.ts';
import { checkAborted, checkInteger, checkText } from '../kit/index.ts';
import type { Conn } from './connection.ts';
import { integerArray, textArray } from './text-array.ts';
import type { Runner } from './transaction.ts';

/**
 * Records that wait for the relay.
 *
 * A bare sequence is not in commit order: a lower id may commit later. So a transaction takes an advisory lock per key before it draws
 * ids and holds it until it has ended. Of two transactions that write one key, the second draws its ids after the first has committed, and
 * whoever sees a record sees all earlier ones of its key. Locks of one call are taken in one order; calls that still cross are ended by the
 * server's deadlock check and run again. Ids are padded, so they ascend as text too.
 */
export interface OutboxStore {
  write(runner: Runner, records: readonly OutboxRecord[]): Promise<void>;
  /** After a commit: wakes this process at once and the others by a notification of its own, which costs the commit nothing. */
  announce(): void;
  pending(limit: number, signal: AbortSignal | undefined): Promise<readonly PendingRecord[]>;
  settle(ids: readonly string[]): Promise<void>;
  untilPending(signal: AbortSignal): Promise<void>;
  close(): void;
}

const CHANNEL = 'portico_outbox';
const LOCK_CLASS = 0x6f_75_74_62;
const RECORDS_MAX = 1_000;
const DATA_BYTES_MAX = 64 * 2 ** 10;
const ID_DIGITS = 20;
/** A notification that never came (its process died between commit and notification) is made up for after this long. */
const RECHECK_MS = 5_000;

export function createOutboxStore(conn: Conn, namespace: string, ended: AbortSignal): OutboxStore {
  let isDirty = true;
  let isAnnouncing = false;
  let isAgain = false;
  const sleepers = new Set<() => void>();
  const mark = () => {
    isDirty = true;
    for (const rouse of sleepers) rouse();
  };
  let heard: ReturnType<Conn['listener']['hear']> | undefined;

  const notifyOthers = async () => {
    if (isAnnouncing) {
      isAgain = true;
      return;
    }
    isAnnouncing = true;
    do {
      isAgain = false;
      // A lost notification costs the others a recheck, and nothing more.
      await conn.call('relational', 'select pg_notify($1, $2)', [CHANNEL, namespace]).catch(() => undefined);
    } while (isAgain);
    isAnnouncing = false;
  };
  const hasPending = async (): Promise<boolean> => {
    const rows = await conn.call('relational', 'select 1 from portico.outbox where namespace = $1 limit 1', [namespace]);
    return rows.length > 0;
  };

  return {
    async write(runner, records) {
      if (records.length === 0) return;
      checkInteger('the number of outbox records', records.length, 1, RECORDS_MAX);
      for (const record of records) checkRecord(record);
      const keys = [...new Set(records.map((record) => record.key))];
      await runner.query(LOCK, [namespace, textArray(keys)]);
      await runner.query(INSERT, [
        namespace,
        textArray(records.map((record) => record.topic)),
        textArray(records.map((record) => record.key)),
        textArray(records.map((record) => record.data)),
      ]);
    },
    announce() {
      mark();
      void notifyOthers();
    },
    async pending(limit, signal) {
      checkInteger('limit', limit, 1, 1_000);
      checkAborted(signal);
      const rows = await conn.call<{ id: string; topic: string; key: string; data: string }>(
        'relational',
        'select id, topic, key, data from portico.outbox where namespace = $1 order by id limit $2::int',
        [namespace, limit],
        { signal },
      );
      return rows.map((row) => ({ id: row.id.padStart(ID_DIGITS, '0'), topic: row.topic, key: row.key, data: row.data }));
    },
    async settle(ids) {
      const numbers = ids.map((id) => {
        if (!/^\d{1,20}$/.test(id))
          throw new PortError('INVALID_ARGUMENT', `${id} is not the id of an outbox record`, { port: 'relational' });
        return Number(id);
      });
      if (numbers.length === 0) return;
      await conn.call('relational', 'delete from portico.outbox where namespace = $1 and id = any($2::bigint[])', [
        namespace,
        integerArray(numbers),
      ]);
    },
    async untilPending(signal) {
      heard ??= conn.listener.hear(CHANNEL, { onNotify: (payload) => payload === namespace && mark(), onLive: mark });
      while (!isDirty && !signal.aborted && !ended.aborted) {
        await sleep(sleepers, [signal, ended]);
        if (!isDirty && !signal.aborted && !ended.aborted) isDirty = await hasPending().catch(() => false);
      }
      isDirty = false;
    },
    close() {
      heard?.stop();
      mark();
    },
  };
}

function sleep(sleepers: Set<() => void>, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise<void>((resolve) => {
    const rouse = () => {
      clearTimeout(timer);
      sleepers.delete(rouse);
      for (const signal of signals) signal.removeEventListener('abort', rouse);
      resolve();
    };
    const timer = setTimeout(rouse, RECHECK_MS);
    sleepers.add(rouse);
    for (const signal of signals) signal.addEventListener('abort', rouse, { once: true });
  });
}

function checkRecord(record: OutboxRecord): void {
  checkText('topic', record.topic, 200);
  checkText('key', record.key, 200);
  if (Buffer.byteLength(record.data) > DATA_BYTES_MAX) {
    throw new PortError('INVALID_ARGUMENT', `data must be at most ${DATA_BYTES_MAX} bytes`, { port: 'relational' });
  }
}

const LOCK = `
select pg_advisory_xact_lock(${LOCK_CLASS}, h)
  from (select distinct hashtext($1::text || ' ' || k) as h from unnest($2::text[]) k order by 1) keys`;

const INSERT = `
insert into portico.outbox (namespace, topic, key, data)
select $1::text, u.topic, u.key, u.data from unnest($2::text[], $3::text[], $4::text[]) with ordinality as u(topic, key, data, ord)
 order by u.ord`;
