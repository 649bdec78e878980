import type { ChildProcess } from 'node:child_process';
import type { ConnectContext } from '../../../ports/index.ts';
import { findBinaries } from './binaries.ts';
import { openCluster, USER } from './cluster.ts';
import { lockHome } from './lock.ts';
import { findPlace, type Place } from './place.ts';
import { choosePort } from './port.ts';
import { startPostmaster, stopLeftBehind, stopPostmaster } from './postmaster.ts';
import { ended } from './process.ts';

export interface EmbeddedServer {
  readonly url: string;
  readonly port: number;
  /** Where the data is, for people. */
  readonly place: string;
  /** Process id of the server now. For tests that kill it. */
  pid(): number | undefined;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  readonly folder: string;
  readonly port?: number;
  /** A folder with `bin/`, `lib/` and `share/`; default: the npm package for this machine. */
  readonly binaries?: string;
}

const START_TRIES = 3;
const RESTART_WAIT_MS = [50, 200, 500, 1_000, 2_000, 5_000] as const;

/**
 * Starts the server of a folder: locks it, makes the cluster the first time, ends what a killed gateway left behind, and starts the server
 * again whenever it dies before `stop`.
 */
export async function startEmbedded(options: EmbeddedOptions, context: Pick<ConnectContext, 'log' | 'signal'>): Promise<EmbeddedServer> {
  const place = findPlace(options.folder);
  const lock = lockHome(place.home);
  try {
    const binaries = findBinaries(place.identity, options.binaries);
    const password = await openCluster(place, binaries, context.signal);
    await stopLeftBehind(place);
    const { child, port } = await startOnSomePort(place, binaries, options.port);
    const keeper = keepRunning(child, () => startPostmaster(place, binaries, port), context);
    const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
    context.log.info('the embedded PostgreSQL runs', { folder: place.label, port, pid: child.pid });
    let stopping: Promise<void> | undefined;
    return {
      url,
      port,
      place: place.label,
      pid: keeper.pid,
      stop() {
        stopping ??= keeper.stop().finally(() => lock.release());
        return stopping;
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A port can be taken between the look and the start; then another one is tried. */
async function startOnSomePort(place: Place, binaries: string, asked: number | undefined): Promise<{ child: ChildProcess; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = await choosePort(place.home, asked);
    try {
      return { child: await startPostmaster(place, binaries, port), port };
    } catch (error) {
      const isTaken = error instanceof Error && /could not bind|could not create any TCP/.test(error.message);
      if (!isTaken || attempt >= START_TRIES) throw error;
    }
  }
}

function keepRunning(first: ChildProcess, again: () => Promise<ChildProcess>, { log }: Pick<ConnectContext, 'log'>) {
  let child = first;
  let isStopping = false;
  const atExit = () => void child.kill('SIGINT');
  process.once('exit', atExit);

  const watch = async () => {
    let failures = 0;
    for (;;) {
      await ended(child);
      if (isStopping) return;
      log.warn('the embedded PostgreSQL ended unexpectedly and is started again', { pid: child.pid });
      for (;;) {
        try {
          child = await again();
          break;
        } catch (error) {
          if (isStopping) return;
          log.warn('the embedded PostgreSQL could not be started', { error: String(error) });
          const waitMs = RESTART_WAIT_MS[Math.min(failures, RESTART_WAIT_MS.length - 1)] ?? 5_000;
          failures += 1;
          await new Promise((resolve) => setTimeout(resolve, waitMs));
          if (isStopping) return;
        }
      }
      failures = 0;
    }
  };
  const watching = watch();
  return {
    pid: () => child.pid,
    async stop() {
      isStopping = true;
      process.removeListener('exit', atExit);
      await stopPostmaster(child);
      await watching;
      // A restart that was under way when `stop` came.
      await stopPostmaster(child);
    },
  };
}
