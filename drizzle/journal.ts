import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { PortError } from '../ports/index.ts';

export interface MigrationFile {
  /** `0001_profiles.sql` */
  readonly name: string;
  readonly text: string;
  /** SHA-256 of the text, hex. */
  readonly hash: string;
}

export interface MigrationProblem {
  readonly schema: string;
  readonly name: string;
  readonly reason: string;
}

export interface MigrationPlan {
  readonly schema: string;
  /** In the order of their numbers. */
  readonly pending: readonly { readonly file: MigrationFile; readonly isLate: boolean }[];
  readonly problems: readonly MigrationProblem[];
}

const NAME = /^\d{4}_[a-z0-9_]+\.sql$/;
const SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** The files of a folder in the order of their numbers. A name that does not fit, or a number used twice, is an error that names it. */
export async function readMigrationFiles(schema: string, folder: URL): Promise<readonly MigrationFile[]> {
  if (!SCHEMA.test(schema))
    throw new PortError('INVALID_ARGUMENT', `${schema} is not the name of a plugin's schema`, { port: 'relational' });
  const base = folder.href.endsWith('/') ? folder : new URL(`${folder.href}/`);
  const names = (await readdir(base)).filter((name) => name.endsWith('.sql')).sort();
  const numbers = new Set<string>();
  for (const name of names) {
    if (!NAME.test(name)) throw new PortError('INVALID_ARGUMENT', `${schema}/${name} must be called NNNN_name.sql`, { port: 'relational' });
    const number = name.slice(0, 4);
    if (numbers.has(number)) throw new PortError('INVALID_ARGUMENT', `${schema} has two migrations ${number}`, { port: 'relational' });
    numbers.add(number);
  }
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, base), 'utf8');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** Compares files with the journal (name to hash), as sets. */
export function planMigrations(schema: string, files: readonly MigrationFile[], journal: ReadonlyMap<string, string>): MigrationPlan {
  const newest = [...journal.keys()].sort().at(-1) ?? '';
  const byName = new Map(files.map((file) => [file.name, file]));
  const problems: MigrationProblem[] = [];
  for (const [name, hash] of journal) {
    const file = byName.get(name);
    if (file === undefined) problems.push({ schema, name, reason: 'was applied but its file is missing' });
    else if (file.hash !== hash) problems.push({ schema, name, reason: 'was changed after it was applied' });
  }
  const pending = files.filter(({ name }) => !journal.has(name)).map((file) => ({ file, isLate: file.name < newest }));
  return { schema, pending, problems };
}
