import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PortError } from '../../../ports/index.ts';
import type { Identity } from './identity.ts';

export interface RunOptions {
  readonly identity: Identity | null;
  readonly cwd: string;
  readonly signal?: AbortSignal;
}

const SETPRIV = '/usr/bin/setpriv';
/** Lines of the server's log kept for the message of a failed start. */
const LINES_KEPT = 20;

/** Runs a program to its end; a failure is a fault with the last lines it said. */
export async function run(program: string, args: readonly string[], options: RunOptions): Promise<void> {
  const { child, lines } = start(program, args, options);
  const code = await ended(child);
  options.signal?.throwIfAborted();
  if (code !== 0) throw failed(program, code, lines);
}

/**
 * Starts a program as the given user, in a session of its own (a Ctrl-C at the gateway's terminal is the gateway's alone) and, where
 * `setpriv` is there, tied to the gateway's life: when that is killed, the kernel sends it SIGINT, which is PostgreSQL's fast shutdown.
 */
export function start(program: string, args: readonly string[], options: RunOptions): { child: ChildProcess; lines: string[] } {
  const hasSetpriv = existsSync(SETPRIV);
  const as = options.identity;
  const user = as === null ? [] : [`--reuid=${as.uid}`, `--regid=${as.gid}`, '--clear-groups'];
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  const common = { cwd: options.cwd, env, stdio, detached: true, ...(options.signal === undefined ? {} : { signal: options.signal }) };
  const child = hasSetpriv
    ? spawn(SETPRIV, [...user, '--pdeathsig=INT', '--', program, ...args], common)
    : spawn(program, args, { ...common, ...as });
  const lines: string[] = [];
  const keep = (chunk: Buffer) => {
    lines.push(...chunk.toString().split('\n').filter(Boolean));
    lines.splice(0, lines.length - LINES_KEPT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  // Without a listener a failed spawn would end the gateway; `ended` sees the same through `exitCode`.
  child.on('error', (error) => lines.push(String(error)));
  return { child, lines };
}

/** Its exit code, or null when a signal ended it or it could not be started. */
export function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });
}

export function failed(program: string, code: number | null, lines: readonly string[]): PortError {
  const name = program.slice(program.lastIndexOf('/') + 1);
  return new PortError('UNAVAILABLE', `${name} ended with ${code ?? 'a signal'}: ${lines.slice(-6).join(' | ') || 'it said nothing'}`, {
    adapter: 'embedded-postgres',
  });
}
