import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PortError } from '../../../ports/index.ts';
import type { Place } from './place.ts';
import { run } from './process.ts';

export const USER = 'portico';

/** Makes the cluster unless it is there, and answers the password of its one user. A half-made one of a killed start is thrown away. */
export async function openCluster(place: Place, binaries: string, signal: AbortSignal): Promise<string> {
  const passwordFile = join(place.home, 'password');
  if (existsSync(place.cluster)) {
    if (!existsSync(passwordFile)) {
      throw new PortError('UNAVAILABLE', `the file ${passwordFile} with the password of the embedded PostgreSQL is gone`, {
        adapter: 'embedded-postgres',
      });
    }
    return readFileSync(passwordFile, 'utf8').trim();
  }
  const password = randomBytes(24).toString('hex');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  chmodSync(passwordFile, 0o600);
  await initialise(place, binaries, password, signal);
  return password;
}

async function initialise(place: Place, binaries: string, password: string, signal: AbortSignal): Promise<void> {
  const draft = join(place.home, 'cluster.new');
  const handover = join(place.home, 'cluster.password');
  rmSync(draft, { recursive: true, force: true });
  rmSync(handover, { force: true });
  mkdirSync(draft, { mode: 0o700 });
  writeFileSync(handover, password, { mode: 0o600 });
  if (place.identity !== null) {
    chownSync(draft, place.identity.uid, place.identity.gid);
    chownSync(handover, place.identity.uid, place.identity.gid);
  }
  try {
    await run(join(binaries, 'bin', 'initdb'), argumentsFor(draft, handover), { identity: place.identity, cwd: place.home, signal });
  } finally {
    rmSync(handover, { force: true });
  }
  renameSync(draft, place.cluster);
}

/** The locale is the server's own, so that order does not change with the machine. One round of hashing is enough for 192 random bits. */
const argumentsFor = (folder: string, passwordFile: string): string[] => [
  `--pgdata=${folder}`,
  `--username=${USER}`,
  `--pwfile=${passwordFile}`,
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale=C',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--set=scram_iterations=1',
  '--no-instructions',
];
