import type { ChildProcess } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { PortError } from '../../../ports/index.ts';
import type { Place } from './place.ts';
import { ended, failed, start } from './process.ts';

/** How a server that a gateway started is told from one that somebody started by hand on the same folder. */
const MARK = 'cluster_name=portico';
const STOP_WAIT_MS = 10_000;
const PROBE_MS = 20;

/** Resolves with the running server once it takes connections; crash recovery, if need be, is part of that. */
export async function startPostmaster(place: Place, binaries: string, port: number): Promise<ChildProcess> {
  const program = join(binaries, 'bin', 'postgres');
  const { child, lines } = start(program, ['-D', place.cluster, ...settings(port)], { identity: place.identity, cwd: place.home });
  const ready = new Promise<'ready'>((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (chunk.includes('ready to accept connections')) resolve('ready');
    });
  });
  const outcome = await Promise.race([ready, ended(child)]);
  if (outcome !== 'ready') throw failed(program, outcome, lines);
  return child;
}

/** Fast shutdown: sessions are cut off, everything committed is on disk. After `STOP_WAIT_MS` the immediate one, which recovers at the next start. */
export async function stopPostmaster(child: ChildProcess): Promise<void> {
  const end = ended(child);
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_WAIT_MS);
  await end;
  clearTimeout(timer);
}

/** Ends the server that a killed gateway left behind; one that no gateway started is a fault that names it. */
export async function stopLeftBehind(place: Place): Promise<void> {
  const pid = runningPid(place.cluster);
  if (pid === null) return;
  if (!readOr(`/proc/${pid}/cmdline`, '').includes(MARK)) {
    throw new PortError('UNAVAILABLE', `the PostgreSQL with process ${pid} runs on ${place.cluster} and was not started by a gateway`, {
      adapter: 'embedded-postgres',
    });
  }
  const startedAt = performance.now();
  let isAsked = false;
  while (runningPid(place.cluster) === pid) {
    const waitedMs = performance.now() - startedAt;
    if (waitedMs > 2 * STOP_WAIT_MS) {
      throw new PortError('UNAVAILABLE', `the PostgreSQL left behind as process ${pid} does not end`, { adapter: 'embedded-postgres' });
    }
    if (!isAsked) process.kill(pid, 'SIGINT');
    else if (waitedMs > STOP_WAIT_MS) process.kill(pid, 'SIGQUIT');
    isAsked = true;
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
  }
}

/** The living server of this cluster: named in its pid file and with the cluster as its working folder. */
function runningPid(cluster: string): number | null {
  const pid = Number(readOr(join(cluster, 'postmaster.pid'), '').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === cluster ? pid : null;
  } catch {
    return null;
  }
}

const settings = (port: number): string[] =>
  [
    `port=${port}`,
    MARK,
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=100',
    'fsync=on',
    'jit=off',
    'timezone=UTC',
    'log_timezone=UTC',
    'lc_messages=C',
    'max_wal_size=2GB',
  ].flatMap((setting) => ['-c', setting]);

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
