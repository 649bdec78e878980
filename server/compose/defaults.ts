import { join } from 'node:path';
import { memory } from '../../adapters/memory/index.ts';
import { embeddedPostgres, postgres } from '../../adapters/postgres/index.ts';
import { redis } from '../../adapters/redis/index.ts';
import type { AnyPlugin } from '../../plugins/kernel/index.ts';
import { leaderboard } from '../../plugins/leaderboard/plugin.ts';
import { users } from '../../plugins/users/plugin.ts';
import type { Config } from '../config.ts';
import { type AnyAdapter, defineGateway, type Gateway, providerOf } from './gateway.ts';

/** The systems that ship with the house, each after those it uses. */
export const PLUGINS = [users, leaderboard] as unknown as readonly AnyPlugin[];

/**
 * The gateway when there is no `portico.config.ts`: nothing set is embedded; `DATABASE_URL` and `REDIS_URL` move the ports that
 * engine serves. A port goes to the first of these that serves it:
 *
 *   ranked-set, geo-index, key-value, pub-sub   redis, else a Postgres server, else memory
 *   relational, event-log, lease                Postgres: the server, else the embedded one
 */
export function defaultGateway(config: Config): Gateway {
  const main: AnyAdapter = config.databaseUrl
    ? postgres({ url: config.databaseUrl })
    : embeddedPostgres({ folder: join(config.dataFolder, 'postgres') });
  const resources: Record<string, AnyAdapter> = { main, local: memory(), ...(config.redisUrl && { hot: redis({ url: config.redisUrl }) }) };
  const quick = [...(config.redisUrl ? ['hot'] : []), ...(config.databaseUrl ? ['main'] : []), 'local', 'main'];
  const choose = (plugin: AnyPlugin) =>
    Object.fromEntries(
      Object.entries(plugin.needs).map(([name, { port }]) => [
        name,
        (TRUTH.has(port.id) ? ['main'] : quick).find((resource) => resources[resource] && providerOf(resources[resource], port)),
      ]),
    );
  return PLUGINS.reduce<Gateway>((gateway, plugin) => gateway.use(plugin as never, choose(plugin) as never), defineGateway(resources));
}

/** Ports that hold the truth: never moved to an engine that may forget. */
const TRUTH = new Set(['relational', 'event-log', 'lease']);
