import { parseArgs } from 'node:util';
import { migrate } from '../drizzle/migrate.ts';
import { migrationPlan, openResources } from '../server/compose/open.ts';
import { readConfig } from '../server/config.ts';
import { createLog } from '../server/observe/log.ts';
import { loadGateway } from './config-file.ts';

/** `portico migrate [--check]`: brings every system's tables to its files; `--check` says what would run, and changes nothing. */
export const migrateCommand = {
  summary: 'bring the tables of every system up to date; --check tells what would run and fails if anything would',
  async run(args: readonly string[]): Promise<number> {
    const { values } = parseArgs({ args: [...args], options: { check: { type: 'boolean' } } });
    const config = readConfig();
    const { gateway } = await loadGateway(config);
    const stop = new AbortController();
    const log = createLog({ level: config.logLevel });
    const resources = await openResources(gateway, { log, signal: stop.signal, now: Date.now, migrate: false });
    try {
      const plan = migrationPlan(gateway.bound, resources.portsOf);
      const steps = (
        await Promise.all(plan.map(({ relational, migrations }) => migrate(relational.db, migrations, { check: values.check ?? false })))
      ).flat();
      for (const { schema, name } of steps) console.log(`${values.check ? 'would run' : 'ran'} ${schema}/${name}`);
      if (steps.length === 0) console.log('every table is up to date');
      return values.check && steps.length > 0 ? 1 : 0;
    } finally {
      stop.abort();
      await resources.close();
    }
  },
};
