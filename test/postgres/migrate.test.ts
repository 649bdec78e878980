import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../../drizzle/migrate.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Node, openNode } from './opened.ts';

postgresSuite()('migrations', () => {
  let server: PostgresServer;
  let base: string;
  let number = 0;
  const nodes: Node[] = [];
  beforeAll(async () => {
    server = await startPostgres();
    base = await mkdtemp(join(tmpdir(), 'portico-migrations-'));
  }, 30_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await server.stop();
    await rm(base, { recursive: true });
  });

  const freshDb = async () => {
    const node = await openNode(await server.databaseUrl(`m${(number += 1)}`));
    nodes.push(node);
    return node.relational.db;
  };
  const folder = async (files: Readonly<Record<string, string>>) => {
    const path = await mkdtemp(join(base, 'plugin-'));
    for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
    return {
      url: pathToFileURL(path),
      write: (name: string, text: string) => writeFile(join(path, name), text),
      remove: (name: string) => rm(join(path, name)),
    };
  };
  const FIRST = { '0001_first.sql': 'create table alpha.a (id int); create table alpha.b (id int);' };

  it('runs two plugins in one database, each with a journal of its own, and nothing the second time', async () => {
    const db = await freshDb();
    const alpha = await folder({ ...FIRST, '0002_second.sql': 'alter table alpha.a add column name text' });
    const beta = await folder({ '0001_first.sql': 'create table beta.a (id int)' });
    const plan = [
      { schema: 'alpha', folder: alpha.url },
      { schema: 'beta', folder: beta.url },
    ];
    expect((await migrate(db, plan)).map(({ schema, name }) => `${schema}/${name}`)).toEqual([
      'alpha/0001_first.sql',
      'alpha/0002_second.sql',
      'beta/0001_first.sql',
    ]);
    expect(await migrate(db, plan)).toEqual([]);
    await db.execute(sql`insert into alpha.a (id, name) values (1, 'x')`);
    await db.execute(sql`insert into beta.a (id) values (1)`);
  });

  it('lists with `check` what would run and changes nothing', async () => {
    const db = await freshDb();
    const alpha = await folder(FIRST);
    const plan = [{ schema: 'alpha', folder: alpha.url }];
    expect(await migrate(db, plan, { check: true })).toEqual([{ schema: 'alpha', name: '0001_first.sql', isLate: false }]);
    const schemas = await db.execute(sql`select 1 from pg_namespace where nspname = 'alpha'`);
    expect(schemas).toHaveLength(0);
  });

  it('names a file that was changed and one that is missing, and then runs nothing at all', async () => {
    const db = await freshDb();
    const alpha = await folder({ ...FIRST, '0002_second.sql': 'create table alpha.c (id int)' });
    const plan = [{ schema: 'alpha', folder: alpha.url }];
    await migrate(db, plan);
    await alpha.write('0001_first.sql', 'create table alpha.a (id bigint)');
    await alpha.remove('0002_second.sql');
    await alpha.write('0003_third.sql', 'create table alpha.d (id int)');
    await expect(migrate(db, plan)).rejects.toThrow(
      /alpha\/0001_first.sql was changed.*alpha\/0002_second.sql was applied but its file is missing/,
    );
    await expect(migrate(db, plan, { check: true })).rejects.toThrow(/was changed/);
    expect(await db.execute(sql`select to_regclass('alpha.d') as found`)).toEqual([{ found: null }]);
  });

  it('applies an older file that comes late, and says that it is late', async () => {
    const db = await freshDb();
    const alpha = await folder({ ...FIRST, '0003_third.sql': 'create table alpha.c (id int)' });
    const plan = [{ schema: 'alpha', folder: alpha.url }];
    await migrate(db, plan);
    await alpha.write('0002_second.sql', 'create table alpha.d (id int)');
    expect(await migrate(db, plan)).toEqual([{ schema: 'alpha', name: '0002_second.sql', isLate: true }]);
  });

  it('leaves nothing of a file that fails, keeps those before it, and goes on when it is mended', async () => {
    const db = await freshDb();
    const alpha = await folder({ ...FIRST, '0002_second.sql': 'create table alpha.c (id int); select nothing from nowhere;' });
    const plan = [{ schema: 'alpha', folder: alpha.url }];
    await expect(migrate(db, plan)).rejects.toThrow(/alpha\/0002_second.sql failed.*nowhere/);
    expect(await db.execute(sql`select to_regclass('alpha.c') as found`)).toEqual([{ found: null }]);
    await alpha.write('0002_second.sql', 'create table alpha.c (id int)');
    expect((await migrate(db, plan)).map(({ name }) => name)).toEqual(['0002_second.sql']);
  });

  it('lets eight runners race: every file runs once', async () => {
    const url = await server.databaseUrl('raced');
    const racers = await Promise.all(Array.from({ length: 8 }, () => openNode(url, { poolSize: 1 })));
    nodes.push(...racers);
    const alpha = await folder({ ...FIRST, '0002_slow.sql': 'select pg_sleep(0.1); create table alpha.c (id int)' });
    const ran = await Promise.all(racers.map(({ relational }) => migrate(relational.db, [{ schema: 'alpha', folder: alpha.url }])));
    expect(
      ran
        .flat()
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(['0001_first.sql', '0002_slow.sql']);
  }, 30_000);

  it('refuses names that do not fit and numbers used twice', async () => {
    const db = await freshDb();
    const odd = await folder({ 'first.sql': 'select 1' });
    await expect(migrate(db, [{ schema: 'alpha', folder: odd.url }])).rejects.toThrow(/alpha\/first.sql must be called/);
    const twice = await folder({ '0001_a.sql': 'select 1', '0001_b.sql': 'select 1' });
    await expect(migrate(db, [{ schema: 'alpha', folder: twice.url }])).rejects.toThrow(/two migrations 0001/);
  });
});
