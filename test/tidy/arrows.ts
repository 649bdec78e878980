/**
 * Who may import whom (ARCHITECTURE.md). A file belongs to the first row whose pattern its path fits; it may import what fits one of the
 * row's targets. `$1` in a target is what the pattern captured: the stem of a system or the name of an engine.
 */
export interface Arrow {
  readonly room: RegExp;
  readonly name: string;
  readonly mayImport: readonly string[];
}

const STEM = '([a-z0-9-]+)';
const own = (folder: string) => `^${folder}/`;
const stemIn = (room: string) => `^${room}/$1(\\.ts$|/)`;
const SHARED_SCHEMA = '^schema/(builder|context|refusals|scalars|shared)\\.ts$';
const PORTS = own('ports');
const KERNEL = own('plugins/kernel');
const ANYTHING = '^';

export const ARROWS: readonly Arrow[] = [
  { name: 'ports', room: /^ports\//, mayImport: [PORTS] },
  { name: 'kernel', room: /^plugins\/kernel\//, mayImport: [KERNEL, PORTS] },
  {
    name: 'manifest',
    room: new RegExp(`^plugins/${STEM}/plugin\\.ts$`),
    mayImport: ['^plugins/$1/', KERNEL, PORTS, stemIn('schema'), stemIn('resolvers'), '^drizzle/$1/'],
  },
  {
    name: 'plugin',
    room: new RegExp(`^plugins/${STEM}/`),
    mayImport: ['^plugins/$1/', KERNEL, PORTS, '^drizzle/$1/repository\\.ts$'],
  },
  { name: 'tables', room: new RegExp(`^drizzle/${STEM}/`), mayImport: ['^drizzle/$1/', PORTS] },
  { name: 'migrations runner', room: /^drizzle\/[a-z-]+\.ts$/, mayImport: ['^drizzle/[a-z-]+\\.ts$', PORTS] },
  { name: 'shared schema', room: new RegExp(SHARED_SCHEMA), mayImport: [SHARED_SCHEMA, KERNEL] },
  { name: 'schema', room: new RegExp(`^schema/${STEM}(?:\\.ts$|/)`), mayImport: [stemIn('schema'), SHARED_SCHEMA, KERNEL, '^plugins/$1/'] },
  { name: 'loader', room: /^resolvers\/loader\.ts$/, mayImport: [SHARED_SCHEMA] },
  {
    name: 'resolvers',
    room: new RegExp(`^resolvers/${STEM}(?:\\.ts$|/)`),
    mayImport: [stemIn('resolvers'), '^resolvers/loader\\.ts$', stemIn('schema'), SHARED_SCHEMA, KERNEL, '^plugins/$1/'],
  },
  { name: 'adapter kit', room: /^adapters\/kit\//, mayImport: [own('adapters/kit'), PORTS] },
  { name: 'adapter', room: new RegExp(`^adapters/${STEM}/`), mayImport: ['^adapters/$1/', own('adapters/kit'), PORTS] },
  {
    name: 'server',
    room: /^server\//,
    mayImport: ['^(server|schema|resolvers|plugins|drizzle|adapters|ports)/'],
  },
  { name: 'console', room: /^console\//, mayImport: ['^(console|server|schema|resolvers|plugins|drizzle|adapters|ports)/'] },
  { name: 'conformance kit', room: /^test\/kit\//, mayImport: ['^test/kit/', PORTS] },
  { name: 'examples', room: new RegExp(`^examples/${STEM}/`), mayImport: ['^examples/$1/', '^portico/'] },
  { name: 'tests and benches', room: /^(test|bench)\//, mayImport: [ANYTHING] },
];

/** Packages that belong to one room alone: a driver outside its adapter, or GraphQL inside a plugin, is an arrow too. */
export const PACKAGE_ROOMS: Readonly<Record<string, RegExp>> = {
  ioredis: /^(adapters\/redis|test|bench)\//,
  postgres: /^(adapters\/postgres|test|bench)\//,
  'drizzle-orm': /^(drizzle|ports|adapters\/postgres|test|bench)\//,
  graphql: /^(schema|resolvers|server|console|test|bench)\//,
  '@pothos/core': /^(schema|server|test)\//,
  'graphql-yoga': /^(server|test|bench)\//,
  'graphql-ws': /^(server|console|test|bench)\//,
  'graphql-jit': /^(server|test|bench)\//,
};

/** What is wrong with an import, or null. */
export function forbidden(from: string, to: string): string | null {
  const row = ARROWS.find(({ room }) => room.test(from));
  if (row === undefined) return null;
  const isPackage = !/^[a-z]+\//.test(to) || to.startsWith('node:') || !ROOMS.test(to);
  if (isPackage && !to.startsWith('portico')) {
    const owner = Object.entries(PACKAGE_ROOMS).find(([name]) => to === name || to.startsWith(`${name}/`));
    return owner === undefined || owner[1].test(from) ? null : `${row.name} may not import the package ${owner[0]}`;
  }
  const stem = row.room.exec(from)?.[1] ?? '';
  return row.mayImport.some((target) => new RegExp(target.replaceAll('$1', stem)).test(to)) ? null : `${row.name} may not import ${to}`;
}

const ROOMS = /^(ports|plugins|drizzle|schema|resolvers|adapters|server|console|test|bench|examples)\//;
