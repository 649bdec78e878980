import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import createClient from 'postgres';
import { serviceOrSkip } from './require.ts';

/** `postgresSuite()('…', () => …)`: `describe` where a PostgreSQL server is installed, else a skip that says so. */
export const postgresSuite = () => serviceOrSkip('PostgreSQL', hasPostgres(), 'apt-get install postgresql');

export interface PostgresServer {
  /** Of the database `postgres`, as superuser. */
  readonly url: string;
  readonly port: number;
  /** Creates an empty database of this name (`[a-z0-9_]+`) and answers its URL. */
  databaseUrl(name: string): Promise<string>;
  /** SIGKILL of the server and all its processes, as a power cut would; resolves when they are gone. */
  kill9(): Promise<void>;
  /** Starts it again on the same port and folder; resolves when it serves. */
  restart(): Promise<void>;
  /** Stops the processes without ending them: connections stay open and silent. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A private server on a random port below the ephemeral range, in a temp folder, with fsync on, that dies with this process. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = serverFolder();
  if (bin === null) throw new Error('no PostgreSQL server is installed');
  const dir = mkdtempSync(join(tmpdir(), 'portico-postgres-'));
  const user = unprivileged();
  if (user !== null) chownSync(dir, user.uid, user.gid);
  const data = join(dir, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { cwd: dir, stdio: 'ignore', ...user });
  for (let attempt = 0; attempt < 20; attempt++) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    const server = createServer(bin, dir, port);
    try {
      await server.restart();
      return server;
    } catch (error) {
      if (attempt === 19) throw error;
    }
  }
  throw new Error('no port for a PostgreSQL server was free in twenty tries');
}

function createServer(bin: string, dir: string, port: number): PostgresServer {
  const data = join(dir, 'data');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;

  const restart = async () => {
    const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories=', 'max_connections=200', 'lc_messages=C'];
    const deadline = Date.now() + 20_000;
    for (;;) {
      try {
        child = await launch(join(bin, 'postgres'), ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], dir);
        return;
      } catch (error) {
        // After a SIGKILL the kernel may still be freeing the shared memory of the one before.
        if (Date.now() > deadline || !String(error).includes('in use')) throw error;
      }
    }
  };
  const family = () => (child?.pid === undefined ? [] : [child.pid, ...childrenOf(child.pid)]);
  const kill9 = async () => {
    const gone = family();
    for (const pid of gone) signal(pid, 'SIGKILL');
    await until(() => gone.every((pid) => !isRunning(pid)));
  };

  return {
    url,
    port,
    restart,
    kill9,
    async databaseUrl(name) {
      const sql = createClient(url, { max: 1, onnotice: () => undefined });
      await sql.unsafe(`create database ${name}`);
      await sql.end();
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    freeze: () => family().forEach((pid) => signal(pid, 'SIGSTOP')),
    thaw: () => family().forEach((pid) => signal(pid, 'SIGCONT')),
    async stop() {
      await kill9();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Resolves when the server takes connections, rejects with what it said when it ends before. */
function launch(program: string, args: readonly string[], cwd: string): Promise<ChildProcess> {
  const user = unprivileged();
  const as = user === null ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'];
  const child = existsSync('/usr/bin/setpriv')
    ? spawn('/usr/bin/setpriv', [...as, '--pdeathsig=KILL', '--', program, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] })
    : spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], ...user });
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4_000);
      if (said.includes('ready to accept connections')) resolve(child);
    });
    // Not `exit`: what it said last may still be on its way.
    child.once('close', () => reject(new Error(said)));
    child.once('error', reject);
  });
}

const hasPostgres = (): boolean => serverFolder() !== null;

/** The newest of /usr/lib/postgresql, or whatever is on the PATH. */
function serverFolder(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null;
}

function unprivileged(): { readonly uid: number; readonly gid: number } | null {
  return process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : null;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A process that has ended but was not waited for yet counts as gone. */
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the server does not end');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
