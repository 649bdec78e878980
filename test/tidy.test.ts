import { describe, expect, it } from 'vitest';
import { forbidden } from './tidy/arrows.ts';
import { allPaths, importsOf, linesMatching, type Source, sources } from './tidy/sources.ts';

const code = sources('.ts', '.js');
const typescript = code.filter(({ path }) => path.endsWith('.ts'));
const imports = code.flatMap(importsOf);
const LINES_MAX = 300;

describe('rooms', () => {
  it('import along the arrows of the table and nothing else', () => {
    const wrong = imports.flatMap(({ from, line, to }) => {
      const reason = forbidden(from, to);
      return reason === null ? [] : [`${from}:${line}: ${reason}`];
    });
    expect(wrong).toEqual([]);
  });

  it('are told from each other by the table: an arrow against it is named with its room', () => {
    expect(forbidden('plugins/users/service.ts', 'plugins/leaderboard/service.ts')).toContain('plugin may not import');
    expect(forbidden('plugins/users/service.ts', 'drizzle/users/tables.ts')).toContain('plugin may not import');
    expect(forbidden('plugins/users/service.ts', 'graphql')).toContain('may not import the package graphql');
    expect(forbidden('adapters/redis/index.ts', 'adapters/memory/index.ts')).toContain('adapter may not import');
    expect(forbidden('ports/lease.ts', 'plugins/kernel/index.ts')).toContain('ports may not import');
    expect(forbidden('schema/users.ts', 'schema/leaderboard.ts')).toContain('schema may not import');
    expect(forbidden('examples/adapter-sqlite/index.ts', 'ports/index.ts')).toContain('examples may not import');
    expect(forbidden('plugins/users/plugin.ts', 'resolvers/users.ts')).toBeNull();
    expect(forbidden('server/start.ts', 'adapters/redis/index.ts')).toBeNull();
  });

  it('hold every system under the same stem', () => {
    const paths = allPaths();
    const stems = new Set(paths.flatMap((path) => /^plugins\/(?!kernel\/)([^/]+)\/plugin\.ts$/.exec(path)?.[1] ?? []));
    expect(stems.size).toBeGreaterThan(0);
    const wanted = (stem: string) => [
      new RegExp(`^schema/${stem}(\\.ts$|/)`),
      new RegExp(`^resolvers/${stem}(\\.ts$|/)`),
      new RegExp(`^drizzle/${stem}/migrations/0001_`),
      new RegExp(`^test/${stem}/.*\\.test\\.ts$`),
      new RegExp(`^plugins/${stem}/SPEC\\.md$`),
      new RegExp(`^docs/systems/${stem}\\.md$`),
    ];
    const missing = [...stems].flatMap((stem) =>
      wanted(stem)
        .filter((pattern) => !paths.some((path) => pattern.test(path)))
        .map((pattern) => `plugins/${stem}/plugin.ts:1: the system has nothing at ${pattern.source}`),
    );
    expect(missing).toEqual([]);
  });
});

describe('imports', () => {
  it('name the file they mean, with its extension', () => {
    const wrong = imports
      .filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|js|json)$/.test(specifier))
      .map(({ from, line, specifier }) => `${from}:${line}: no extension: ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('take Node’s own modules by the node: prefix', () => {
    expect(
      imports.filter(({ specifier }) => NODE_MODULES.has(specifier)).map(({ from, line, specifier }) => `${from}:${line}: ${specifier}`),
    ).toEqual([]);
  });

  it('never pass a whole module on', () => {
    expect(linesMatching(code, /^\s*export \* /, 'export *')).toEqual([]);
  });
});

describe('files', () => {
  it('are named in kebab-case after what they hold', () => {
    const wrong = code.filter(({ path }) => !KEBAB.test(nameOf(path)) || VAGUE.test(path)).map(({ path }) => `${path}:1: name`);
    expect(wrong).toEqual([]);
  });

  it(`have at most ${LINES_MAX} lines, unless one structure with one invariant needs more`, () => {
    const long = code
      .filter(({ path, lines }) => lines.length > (WHOLE.get(path) ?? LINES_MAX) + 1)
      .map(({ path, lines }) => `${path}:${LINES_MAX + 1}: ${lines.length - 1} lines`);
    expect(long).toEqual([]);
  });

  it('leave nothing for later and no path of one machine', () => {
    const texts = sources('.ts', '.js', '.sql', '.md', '.json', '.yaml', 'Dockerfile', '.ci/run').filter(
      ({ path }) => path !== 'package-lock.json',
    );
    expect(linesMatching(texts, LATER, 'left for later')).toEqual([]);
    expect(linesMatching(texts, MACHINE_PATH, 'a path of one machine')).toEqual([]);
  });
});

describe('globals', () => {
  it('of the environment are read in server/config.ts alone', () => {
    const inside = within(typescript, /^(ports|plugins|schema|resolvers|adapters|drizzle|server|console)\//).filter(
      ({ path }) => !ENVIRONMENT.test(path),
    );
    expect(linesMatching(inside, /process\.env\b/, 'process.env')).toEqual([]);
  });

  it('of time and chance are not used by plugins, schema and resolvers', () => {
    const inside = within(typescript, /^(plugins|schema|resolvers|drizzle)\//);
    expect(linesMatching(inside, CLOCKS, 'use the injected clock or random')).toEqual([]);
  });
});

describe('rules', () => {
  const rules = sources('SPEC.md').flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => {
      const id = RULE.exec(line)?.[1];
      return id === undefined ? [] : [{ id, at: `${path}:${i + 1}` }];
    }),
  );
  const proofs = within(typescript, /^test\/(?!tidy)/).flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => [...line.matchAll(RULE_ID)].map((match) => ({ id: match[1] ?? '', at: `${path}:${i + 1}` }))),
  );

  it('are numbered once', () => {
    const twice = rules.filter(({ id }, i) => rules.findIndex((rule) => rule.id === id) !== i);
    expect(twice.map(({ id, at }) => `${at}: ${id} is there twice`)).toEqual([]);
  });

  it('have each a test whose title names them', () => {
    const proven = new Set(proofs.map(({ id }) => id));
    expect(rules.length).toBeGreaterThan(0);
    expect(rules.filter(({ id }) => !proven.has(id)).map(({ id, at }) => `${at}: no test names ${id}`)).toEqual([]);
  });

  it('are what the tests name: no title cites a rule that is not written', () => {
    const written = new Set(rules.map(({ id }) => id));
    expect(proofs.filter(({ id }) => !written.has(id)).map(({ id, at }) => `${at}: no SPEC.md has ${id}`)).toEqual([]);
  });
});

/** Structures that would be harder to trust in pieces, and the most lines each may have. */
const WHOLE = new Map([['adapters/memory/ranked-set/ranked-tree.ts', 420]]);

const RULE = /^\s*[-*]\s+\**\[([A-Z]{2,}-\d+[a-z]?)\]/;
const RULE_ID = /\[([A-Z]{2,}-\d+[a-z]?)\]/g;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|config))?(\.d)?\.(ts|js)$/;
const VAGUE = /(^|\/)((utils?|helpers?|common|misc)(\/|\.[tj]s$)|types\/)/;
/** Written so that this line does not find itself. */
const LATER = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const MACHINE_PATH = new RegExp(`(^|[\\s'"\`(=])/(${['wo' + 'rk', 'ro' + 'ot', 'ho' + 'me', 'Us' + 'ers'].join('|')})/`);
const ENVIRONMENT = /^server\/(config|environment)\.ts$/;
const CLOCKS = /\b(Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\()/;
const NODE_MODULES = new Set([
  'fs',
  'path',
  'url',
  'http',
  'https',
  'net',
  'os',
  'crypto',
  'events',
  'stream',
  'child_process',
  'worker_threads',
  'zlib',
  'util',
  'assert',
  'module',
]);

function within(files: readonly Source[], room: RegExp): readonly Source[] {
  return files.filter(({ path }) => room.test(path));
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
