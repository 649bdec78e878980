import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the project, by its path from the root with forward slashes. */
export interface Source {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** An import as it is written, and where: `to` is a path from the root for relative ones, else the package's specifier. */
export interface Import {
  readonly from: string;
  readonly line: number;
  readonly specifier: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SKIPPED = new Set(['node_modules', 'dist', 'data', 'coverage', '.git']);

/** Every file whose name ends so, without what is installed or built, in the order of its path. */
export function sources(...endings: readonly string[]): readonly Source[] {
  return paths('')
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => {
      const text = readFileSync(ROOT + path, 'utf8');
      return { path, text, lines: text.split('\n') };
    });
}

/** Every file's path from the root. */
export const allPaths = (): readonly string[] => paths('');

export function importsOf({ path, text }: Source): readonly Import[] {
  return [...text.matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? match[4] ?? '';
    return {
      from: path,
      line: text.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0),
      specifier,
      to: specifier.startsWith('.') ? resolve(path, specifier) : specifier,
      isTypeOnly: match[1]?.trimStart().startsWith('type ') ?? false,
    };
  });
}

/** `file:line: what is wrong`, for every line that matches. */
export function linesMatching(files: readonly Source[], pattern: RegExp, what: string): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${what}: ${line.trim()}`] : [])),
  );
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\b([^;'"`]*?)\bfrom\s*'([^']+)'|(?:^|\n)import\s*'([^']+)'|\bimport\(\s*'([^']+)'/g;

function paths(folder: string): string[] {
  return readdirSync(ROOT + folder, { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name) && !entry.isSymbolicLink())
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? paths(`${folder}${entry.name}/`) : [folder + entry.name]));
}

function resolve(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}
