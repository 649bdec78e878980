import { readFileSync, statSync } from 'node:fs';
import { dirname, parse } from 'node:path';

/** The user a server runs as. Null: the gateway's own. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** PostgreSQL refuses root. The folder's owner runs it, or `nobody` where root owns the folder too; outside of root nothing changes. */
export function identityFor(folder: string): Identity | null {
  if (process.getuid?.() !== 0) return null;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? nobody() : { uid, gid };
}

/** Whether this user may enter the folder: every folder above it and itself must let it through. Access lists are not looked at. */
export function canEnter(folder: string, identity: Identity | null): boolean {
  if (identity === null) return true;
  for (let at = folder; ; at = dirname(at)) {
    const { uid, gid, mode } = statSync(at);
    const shift = uid === identity.uid ? 6 : gid === identity.gid ? 3 : 0;
    if (((mode >> shift) & 1) === 0) return false;
    if (at === parse(at).root) return true;
  }
}

function nobody(): Identity {
  const fallback = { uid: 65534, gid: 65534 };
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith('nobody:'));
    const [, , uid, gid] = line?.split(':') ?? [];
    return uid === undefined || gid === undefined ? fallback : { uid: Number(uid), gid: Number(gid) };
  } catch {
    return fallback;
  }
}
