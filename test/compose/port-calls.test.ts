import { type GraphQLSchema, graphql } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { postgres } from '../../adapters/postgres/index.ts';
import { leaderboard } from '../../plugins/leaderboard/plugin.ts';
import { users } from '../../plugins/users/plugin.ts';
import type { Context } from '../../schema/context.ts';
import { defineGateway } from '../../server/compose/gateway.ts';
import { type OpenResources, openResources } from '../../server/compose/open.ts';
import { buildSchema } from '../../server/compose/schema.ts';
import { buildServices } from '../../server/compose/services.ts';
import { runWorks } from '../../server/compose/work.ts';
import { systemClock } from '../../server/environment.ts';
import { createMeters, createRegistry } from '../../server/observe/meters.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Calls, counted } from './counted.ts';

const PLAYERS = 300;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** What each operation may ask of the engines, whatever the length of its lists. A change here is a change of its cost. */
const PINNED: readonly { readonly operation: string; readonly variables?: Record<string, unknown>; readonly calls: Calls }[] = [
  {
    operation: 'query Top($first: Int!) { leaderboard { total top(first: $first) { nodes { rank score user { name } } } } }',
    calls: { 'leaderboard ranked-set.size': 2, 'leaderboard ranked-set.range': 1, 'users key-value.get': 1 },
  },
  {
    operation: 'query Around($first: Int!) { leaderboard { around(userId: "p150", above: $first, below: $first) { rank user { name } } } }',
    variables: { first: 40 },
    calls: { 'leaderboard ranked-set.around': 1, 'users key-value.get': 1 },
  },
];

postgresSuite()('the cost of an operation in calls of the ports', () => {
  let server: PostgresServer;
  let resources: OpenResources;
  let schema: GraphQLSchema;
  const stop = new AbortController();
  const calls: Record<string, number> = {};

  beforeAll(async () => {
    server = await startPostgres();
    const gateway = defineGateway({ main: counted(postgres({ url: server.url }), calls), local: counted(memory(), calls) })
      .use(users, { record: 'main', cache: 'local', log: 'main', leases: 'main' })
      .use(leaderboard, { record: 'main', boards: 'local', scores: 'main', feed: 'local', leases: 'main' });
    resources = await openResources(gateway, { log: SILENT, signal: stop.signal, now: systemClock.now });
    const services = await buildServices(gateway, resources, {
      log: () => SILENT,
      meter: createMeters(createRegistry()),
      signal: stop.signal,
    });
    schema = buildSchema([users, leaderboard] as never, (plugin) => services.of(plugin));
    const works = runWorks(services.works, { clock: systemClock, log: SILENT, signal: stop.signal });
    await fill(schema, stop.signal);
    // The background work asks too; what is counted is the operations alone.
    stop.abort();
    await works.done;
  }, 60_000);
  afterAll(async () => {
    await resources.close();
    await server.stop();
  });

  it.each(PINNED)('$operation', async ({ operation, calls: pinned }) => {
    const costs: Calls[] = [];
    for (const first of [5, 40]) {
      await ask(schema, operation, { first });
      for (const name of Object.keys(calls)) delete calls[name];
      await ask(schema, operation, { first });
      costs.push({ ...calls });
    }
    expect(costs[0]).toEqual(costs[1]);
    expect(costs[1]).toEqual(pinned);
  });
});

async function fill(schema: GraphQLSchema, signal: AbortSignal): Promise<void> {
  const ids = Array.from({ length: PLAYERS }, (_, index) => `p${index}`);
  await ask(schema, 'mutation S($profiles: [ProfileInput!]!) { saveProfiles(profiles: $profiles) { __typename } }', {
    profiles: ids.map((id) => ({ id, name: id })),
  });
  for (const part of [ids.slice(0, 150), ids.slice(150)]) {
    const results = part.map((userId, index) => ({ userId, points: index }));
    await ask(
      schema,
      'mutation R($input: RecordMatchInput!) { recordMatch(input: $input) { ... on MatchRecorded { applied } } }',
      {
        input: { matchId: part[0], results, waitForRank: true },
      },
      signal,
    );
  }
}

async function ask(
  schema: GraphQLSchema,
  source: string,
  variableValues: Record<string, unknown>,
  signal = new AbortController().signal,
): Promise<void> {
  const viewer: Context['viewer'] = { kind: 'service', id: 'game', scopes: new Set(['scores:write', 'users:write']), expiresAtMs: null };
  const contextValue: Context = { viewer, requestId: 'test', signal, loaders: new Map() };
  const { errors } = await graphql({ schema, source, variableValues, contextValue });
  expect(errors).toBeUndefined();
}
