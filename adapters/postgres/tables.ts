import { PortError } from '../../ports/index.ts';
import { mapPostgresError } from './errors.ts';
import { KEY_VALUE_FUNCTIONS } from './key-value-functions.ts';
import type { Link } from './link.ts';
import { APPEND_FUNCTION } from './log/append-function.ts';
import { transact } from './transaction.ts';

/** `portico` in ASCII: nobody else's advisory lock. */
const LOCK = 0x70_6f_72_74;

/**
 * Brings the schema `portico`, the adapter's own tables, to this version. Safe to run from any number of processes at once: the first one
 * does it, the others wait on the lock.
 */
export async function installTables(link: Link): Promise<void> {
  try {
    await transact(link, {}, async (runner) => {
      await runner.query(`select pg_advisory_xact_lock(${LOCK})`, []);
      const [found] = await runner.query<{ isThere: boolean }>(`select to_regclass('portico.versions') is not null as "isThere"`, []);
      if (found?.isThere !== true) await runner.query(VERSIONS, []);
      const [row] = await runner.query<{ version: number }>('select coalesce(max(version), 0) as version from portico.versions', []);
      if ((row?.version ?? 0) > STEPS.length)
        throw new PortError('INTERNAL', 'the schema portico of this database belongs to a newer version');
      for (let version = (row?.version ?? 0) + 1; version <= STEPS.length; version++) {
        await runner.query(STEPS[version - 1] ?? '', []);
        await runner.query(`insert into portico.versions (version) values (${version})`, []);
      }
    });
  } catch (error) {
    throw mapPostgresError(error);
  }
}

const VERSIONS = `
create schema if not exists portico;
create table portico.versions (version int primary key, applied_at timestamptz not null default now());
`;

/*
 * topics ─┬─< heads     one row per partition: the gapless, commit-ordered counter every append locks. Updated for ever, so half of each
 *         │             page is left free and updates stay in the page (HOT); autovacuum looks early.
 *         └─< records   primary key (topic, partition, position) is the order they are read in. Never updated: pages are filled.
 *                       The partial index holds the dedupe ids of records that have one.
 * leases, key_values, outbox: one row per name, key, waiting record.
 */
const LOG_TABLES = `
create table portico.topics (
  id int generated always as identity primary key,
  namespace text collate "C" not null,
  name text collate "C" not null,
  partitions int not null check (partitions between 1 and 256),
  unique (namespace, name)
);
create table portico.heads (
  topic_id int not null references portico.topics,
  partition int not null,
  first bigint not null default 1,
  last bigint not null default 0,
  at_ms bigint not null default 0,
  primary key (topic_id, partition)
) with (fillfactor = 50, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
create table portico.records (
  topic_id int not null,
  partition int not null,
  position bigint not null,
  at_ms bigint not null,
  id text collate "C",
  key text collate "C" not null,
  data text collate "C" not null,
  primary key (topic_id, partition, position)
) with (fillfactor = 100);
create unique index records_id on portico.records (topic_id, partition, id) where id is not null;
`;

const SMALL_TABLES = `
create table portico.leases (
  namespace text collate "C" not null,
  name text collate "C" not null,
  holder text,
  token bigint not null,
  expires_at timestamptz not null,
  primary key (namespace, name)
) with (fillfactor = 50);
create table portico.key_values (
  namespace text collate "C" not null,
  key text collate "C" not null,
  value text collate "C" not null,
  expires_at_ms bigint,
  primary key (namespace, key)
) with (fillfactor = 70);
create index key_values_expiry on portico.key_values (expires_at_ms) where expires_at_ms is not null;
create table portico.outbox (
  id bigint generated always as identity primary key,
  namespace text collate "C" not null,
  topic text collate "C" not null,
  key text collate "C" not null,
  data text collate "C" not null
);
create index outbox_namespace on portico.outbox (namespace, id);
`;

const STEPS: readonly string[] = [`${LOG_TABLES}${SMALL_TABLES}${APPEND_FUNCTION}${KEY_VALUE_FUNCTIONS}`];
