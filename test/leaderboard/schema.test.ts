import { type GraphQLSchema, graphql, isObjectType, printSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Profile } from '../../plugins/leaderboard/needs.ts';
import type { Leaderboards } from '../../plugins/leaderboard/service.ts';
import { leaderboardResolvers } from '../../resolvers/leaderboard/resolvers.ts';
import { createBuilder } from '../../schema/builder.ts';
import type { Context } from '../../schema/context.ts';
import { leaderboardSchema } from '../../schema/leaderboard/schema.ts';
import { refusalTypes } from '../../schema/refusals.ts';
import { registerScalars } from '../../schema/scalars.ts';
import { shareRef } from '../../schema/shared.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type House, openHouse } from './house.ts';

function schemaOf(service: Leaderboards): GraphQLSchema {
  const builder = createBuilder();
  registerScalars(builder);
  const refusals = refusalTypes(builder);
  shareRef(builder, 'InvalidArgument', refusals.InvalidArgument);
  shareRef(builder, 'NotFound', refusals.NotFound);
  shareRef(builder, 'Conflict', refusals.Conflict);
  shareRef(builder, 'Forbidden', refusals.Forbidden);
  shareRef(builder, 'Closed', refusals.Closed);
  const user = builder.objectRef<Profile>('User').implement({ fields: (t) => ({ id: t.exposeID('id'), name: t.exposeString('name') }) });
  shareRef(builder, 'User', user);
  leaderboardResolvers(builder, leaderboardSchema(builder), service);
  return builder.toSchema();
}

describe('the leaderboard’s schema', () => {
  it('builds without a service, and every type, field and argument of it is described', () => {
    const schema = schemaOf({} as Leaderboards);
    expect(printSchema(schema)).toContain('leaderboardTop(');
    const ours = Object.values(schema.getTypeMap()).filter(
      (type) => isObjectType(type) && /^(Leaderboard|Match|Score|Board|Season|Player|Recorded|Rank|Overtaken)/.test(type.name),
    );
    const bare = ours.flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields()).flatMap((field) => (field.description == null ? [`${type.name}.${field.name}`] : []))
        : [],
    );
    expect(ours.length).toBeGreaterThan(15);
    expect(bare).toEqual([]);
  });
});

postgresSuite()('the leaderboard over GraphQL', () => {
  let postgres: PostgresServer;
  let house: House;
  let schema: GraphQLSchema;
  let profileCalls = 0;
  beforeAll(async () => {
    postgres = await startPostgres();
    house = await openHouse({
      postgres: postgres.url,
      users: {
        profiles: (ids) => {
          profileCalls += 1;
          return Promise.resolve(ids.map((id) => ({ id, name: id.toUpperCase(), pictureUrl: null })));
        },
        friendIds: () => Promise.resolve(['p1', 'p3', 'nobody']),
      },
    });
    schema = schemaOf(house.service);
  }, 60_000);
  afterAll(async () => {
    await house.close();
    await postgres.stop();
  });

  const ask = async (source: string, viewer: Partial<Context['viewer']> = {}) => {
    const contextValue: Context = {
      viewer: { kind: 'user', id: 'p2', scopes: new Set(['scores:write', 'boards:admin', 'scores:read']), expiresAtMs: null, ...viewer },
      requestId: 'test',
      signal: house.signal,
      loaders: new Map(),
    };
    return JSON.parse(JSON.stringify(await graphql({ schema, source, contextValue }))) as { data: unknown; errors?: unknown };
  };

  it('[LB-20] a recorded match is on the board with names, for one call to the profiles', async () => {
    const recorded = await ask(`mutation { recordMatch(input: { matchId: "m1", waitForRank: true, results: [
      { userId: "p1", points: 10 }, { userId: "p2", points: 30 }, { userId: "p3", points: 20 }, { userId: "p4", points: 20 }] }) {
      ... on MatchRecorded { applied duplicate results { userId entry { rank score } } } ... on Refusal { field message } } }`);
    expect(recorded).toMatchObject({ data: { recordMatch: { applied: true, duplicate: false } } });
    profileCalls = 0;
    const top = await ask(
      '{ leaderboard { total top(first: 3) { nodes { rank score user { name } } pageInfo { hasNextPage endCursor } } } }',
    );
    expect(top.data).toMatchObject({
      leaderboard: {
        total: 4,
        top: {
          nodes: [
            { rank: 1, score: 30, user: { name: 'P2' } },
            { rank: 2, score: 20, user: { name: 'P3' } },
            { rank: 3, score: 20, user: { name: 'P4' } },
          ],
          pageInfo: { hasNextPage: true },
        },
      },
    });
    expect(profileCalls).toBe(1);
  });

  it('[LB-21] friends, neighbours, ids, own rank, percentile and history answer', async () => {
    const answer = await ask(`{ leaderboard {
      me { rank } friends { friendRank entry { userId rank } } around(userId: "p3", above: 1, below: 1) { userId }
      entries(userIds: ["p4", "who", "p1"]) { rank } placeOfScore(score: 25) { rank percentile }
      results(userId: "p1") { nodes { matchId points scoreBefore scoreAfter status } } seasons { nodes { id } } } leaderboards { id } }`);
    expect(answer).toEqual({
      data: {
        leaderboard: {
          me: { rank: 1 },
          friends: [
            { friendRank: 1, entry: { userId: 'p2', rank: 1 } },
            { friendRank: 2, entry: { userId: 'p3', rank: 2 } },
            { friendRank: 3, entry: { userId: 'p1', rank: 4 } },
          ],
          around: [{ userId: 'p2' }, { userId: 'p3' }, { userId: 'p4' }],
          entries: [{ rank: 3 }, null, { rank: 4 }],
          placeOfScore: { rank: 2, percentile: 75 },
          results: { nodes: [{ matchId: 'm1', points: 10, scoreBefore: null, scoreAfter: 10, status: 'COUNTED' }] },
          seasons: { nodes: [{ id: 'all' }] },
        },
        leaderboards: [{ id: 'default' }],
      },
    });
  });

  it('[LB-22] players cannot set scores', async () => {
    const refused = await ask('mutation { recordScore(userId: "p2", points: 1000) { __typename } }', { scopes: new Set() });
    expect(refused).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('[LB-23] refusals name the field', async () => {
    const bad = await ask(`mutation {
      a: recordMatch(input: { matchId: "m2", results: [{ userId: "p1", points: 1 }, { userId: "p2", points: -1 }] }) { ... on Refusal { __typename field } }
      b: recordMatch(input: { matchId: "m1", results: [{ userId: "p1", points: 11 }] }) { ... on Refusal { __typename field } }
      c: recordMatch(input: { boardId: "nope", matchId: "m2", results: [{ userId: "p1", points: 1 }] }) { ... on Refusal { __typename field } }
      d: recordScore(userId: "p1", points: 9007199254740991) { ... on Refusal { __typename field } }
      e: createBoard(input: { id: "Bad Id", name: "x" }) { ... on Refusal { __typename field } }
      f: createBoard(input: { id: "both", name: "x", hashParts: 2, scoreRanges: [10] }) { ... on Refusal { __typename field } }
      g: createBoard(input: { id: "none", name: "x", hashParts: 0 }) { ... on Refusal { __typename field } }
      h: recordScore(userId: "a\\u0007b", points: 1) { ... on Refusal { __typename field } } }`);
    expect(bad.data).toEqual({
      a: { __typename: 'InvalidArgument', field: 'results[1].points' },
      b: { __typename: 'Conflict', field: 'results[0]' },
      c: { __typename: 'NotFound', field: 'boardId' },
      d: { __typename: 'InvalidArgument', field: 'results[0].points' },
      e: { __typename: 'InvalidArgument', field: 'id' },
      f: { __typename: 'InvalidArgument', field: 'scoreRanges' },
      g: { __typename: 'InvalidArgument', field: 'hashParts' },
      h: { __typename: 'InvalidArgument', field: 'results[0].userId' },
    });
    expect(await ask('{ leaderboard { top(first: 2, after: "bm9uc2Vuc2U") { nodes { rank } } } }')).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', field: 'after' } }],
    });
  });

  it('[LB-24] a sealed season keeps its final ranks, takes no more results, and stays open to pages in both directions', async () => {
    await ask('mutation { createBoard(input: { id: "cup", name: "Cup", ties: COMPETITION }) { __typename } }');
    await ask(`mutation { recordMatch(input: { boardId: "cup", matchId: "c1", waitForRank: true, results: [
      { userId: "a", points: 5 }, { userId: "b", points: 7 }, { userId: "c", points: 5 }, { userId: "d", points: 1 }] }) { __typename } }`);
    expect(await ask('mutation { sealSeason(boardId: "cup") { ... on SeasonSealed { isSealed players } } }')).toEqual({
      data: { sealSeason: { isSealed: true, players: 4 } },
    });
    const late = await ask('mutation { recordScore(boardId: "cup", userId: "a", points: 5) { ... on Refusal { __typename field } } }');
    expect(late.data).toEqual({ recordScore: { __typename: 'Closed', field: 'occurredAt' } });
    const final = await ask(`{ leaderboard(id: "cup") { sealedAt total top(first: 10) { nodes { userId rank score } edges { cursor } }
      placeOfScore(score: 5) { rank percentile } around(userId: "c", above: 1, below: 9) { userId } } }`);
    expect(final.data).toMatchObject({
      leaderboard: {
        total: 4,
        top: {
          nodes: [
            { userId: 'b', rank: 1 },
            { userId: 'a', rank: 2 },
            { userId: 'c', rank: 2 },
            { userId: 'd', rank: 4 },
          ],
        },
        placeOfScore: { rank: 2, percentile: 25 },
        around: [{ userId: 'a' }, { userId: 'c' }, { userId: 'd' }],
      },
    });
    const cursor = (final.data as { leaderboard: { top: { edges: { cursor: string }[] } } }).leaderboard.top.edges[2]?.cursor ?? '';
    const back = await ask(
      `{ leaderboard(id: "cup") { top(last: 5, before: "${cursor}") { nodes { userId } pageInfo { hasNextPage hasPreviousPage } } } }`,
    );
    expect(back.data).toEqual({
      leaderboard: { top: { nodes: [{ userId: 'b' }, { userId: 'a' }], pageInfo: { hasNextPage: true, hasPreviousPage: false } } },
    });
  });

  it('[LB-25] a removed player is off the board and may come back at zero', async () => {
    expect(await ask('mutation { removePlayer(userId: "p4", boardId: "default") { ... on PlayerRemoved { applied boardIds } } }')).toEqual({
      data: { removePlayer: { applied: true, boardIds: ['default'] } },
    });
    expect((await ask('{ leaderboard { rank(userId: "p4") { score } } }')).data).toEqual({ leaderboard: { rank: null } });
    await ask('mutation { recordScore(userId: "p4", points: 2) { __typename } }');
    expect((await ask('{ leaderboard { rank(userId: "p4") { score rank } } }')).data).toEqual({
      leaderboard: { rank: { score: 2, rank: 4 } },
    });
  });

  it('[LB-26] a rebuild of the hot boards changes no answer', async () => {
    const before = await ask('{ leaderboard { top(first: 50) { nodes { userId score rank reachedAt } } } }');
    expect((await ask('mutation { rebuildBoards }')).errors).toBeUndefined();
    expect(await ask('{ leaderboard { top(first: 50) { nodes { userId score rank reachedAt } } } }')).toEqual(before);
  });
});
