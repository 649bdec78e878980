import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { PLUGINS } from '../server/compose/defaults.ts';
import { buildSchema, NO_SERVICE } from '../server/compose/schema.ts';

const FILE = new URL('../schema/schema.graphql', import.meta.url);

/** The SDL of all systems, as committed in `schema/schema.graphql`. */
export function printedSchema(): string {
  return `${printSchema(lexicographicSortSchema(buildSchema(PLUGINS, () => NO_SERVICE)))}\n`;
}

export const schemaCommand = {
  summary: 'print the GraphQL schema; --write to schema/schema.graphql, --check that it is the same',
  async run(args: readonly string[]): Promise<number> {
    const { values } = parseArgs({ args: [...args], options: { write: { type: 'boolean' }, check: { type: 'boolean' } } });
    const sdl = printedSchema();
    if (values.write) await writeFile(FILE, sdl);
    else if (values.check) return (await readFile(FILE, 'utf8').catch(() => '')) === sdl ? 0 : drifted();
    else console.log(sdl);
    return 0;
  },
};

function drifted(): number {
  console.error('schema/schema.graphql is not the schema of this code. Look at the difference, then run `npm run schema -- --write`.');
  return 1;
}
