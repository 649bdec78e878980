import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PortError } from '../../../ports/index.ts';
import { canEnter, type Identity, identityFor } from './identity.ts';

/**
 * Where a cluster lives:
 *
 *   <folder>/                     asked for
 *     cluster/  password  port  gateway.lock
 *     elsewhere                   …or only this: the name of a home below the common folder, because the server's user cannot enter here
 */
export interface Place {
  readonly home: string;
  readonly cluster: string;
  readonly identity: Identity | null;
  /** For people: the folder as it was asked for, and the home when it is another. */
  readonly label: string;
}

export function findPlace(asked: string): Place {
  mkdirSync(asked, { recursive: true });
  const folder = realpathSync(resolve(asked));
  const identity = identityFor(folder);
  const sign = join(folder, 'elsewhere');
  if (!existsSync(sign) && canEnter(folder, identity)) return { home: folder, cluster: join(folder, 'cluster'), identity, label: asked };

  const isNew = !existsSync(sign);
  if (isNew) writeFileSync(sign, `cluster-${randomUUID()}\n`);
  const home = join(commonFolder(), readFileSync(sign, 'utf8').trim());
  if (isNew) {
    mkdirSync(home, { mode: 0o755 });
    // For whoever finds it there and wonders whose it is.
    writeFileSync(join(home, 'asked-by'), `${folder}\n`);
  }
  if (!existsSync(home)) {
    throw new PortError('UNAVAILABLE', `${sign} says that the data is in ${home}, but that is gone; remove ${sign} to begin anew`, {
      adapter: 'embedded-postgres',
    });
  }
  return { home, cluster: join(home, 'cluster'), identity, label: `${home} (the server's user cannot enter ${asked})` };
}

/** A folder every user can enter, kept across restarts where the system allows it. */
export function commonFolder(): string {
  for (const base of ['/var/lib', tmpdir()]) {
    const folder = join(base, 'portico');
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      accessSync(folder, constants.W_OK | constants.X_OK);
      // In a folder that somebody else made or may write to, somebody else chooses what runs.
      const { uid, mode } = statSync(folder);
      if (uid === process.getuid?.() && (mode & 0o022) === 0 && canEnter(folder, { uid: -1, gid: -1 })) return folder;
    } catch {
      // The next candidate.
    }
  }
  throw new PortError('UNAVAILABLE', 'neither /var/lib nor the temporary folder can hold a folder that the server can enter', {
    adapter: 'embedded-postgres',
  });
}
