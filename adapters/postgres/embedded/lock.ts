import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PortError } from '../../../ports/index.ts';

interface Holder {
  readonly pid: number;
  /** Boot and start time of the process, so that a number used again is not taken for it. */
  readonly birth: string;
}

/** One gateway per home. A lock whose holder is dead is taken over; a living one is a fault that names it. */
export function lockHome(home: string): { release(): void } {
  const path = join(home, 'gateway.lock');
  const draft = `${path}.${process.pid}`;
  const mine = JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) });
  writeFileSync(draft, mine);
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        linkSync(draft, path);
        return { release: () => readOrNull(path) === mine && rmSync(path, { force: true }) };
      } catch (error) {
        if (!hasCode(error, 'EEXIST')) throw error;
      }
      const text = readOrNull(path);
      const holder = text === null ? null : parseHolder(text);
      if (holder !== null && birthOf(holder.pid) === holder.birth) {
        const who = holder.pid === process.pid ? 'this process' : `another gateway, process ${holder.pid}`;
        throw new PortError('UNAVAILABLE', `the data folder ${home} is in use by ${who}`, { adapter: 'embedded-postgres' });
      }
      removeStale(path, text);
    }
    throw new PortError('UNAVAILABLE', `the lock of the data folder ${home} keeps changing hands`, { adapter: 'embedded-postgres' });
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves the lock aside before deleting it and puts it back when it turns out to be somebody's new one. */
function removeStale(path: string, expected: string | null): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readOrNull(aside) !== expected) {
    try {
      linkSync(aside, path);
    } catch {
      // A third one holds it by now.
    }
  }
  rmSync(aside, { force: true });
}

/** Null when there is no such process. */
function birthOf(pid: number): string | null {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  // The name in field 2 may hold spaces and brackets; field 22 is counted from its closing one.
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  return `${readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? ''} ${startTicks}`;
}

function parseHolder(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return null;
  }
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code;
