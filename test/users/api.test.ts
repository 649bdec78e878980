import { type ExecutionResult, type GraphQLSchema, graphql } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ANONYMOUS, type AnyPlugin, type Viewer } from '../../plugins/kernel/index.ts';
import { users as plugin } from '../../plugins/users/plugin.ts';
import { buildSchema } from '../../server/compose/schema.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type House, openHouse } from './house.ts';

const user = (id: string, ...scopes: string[]): Viewer => ({ kind: 'user', id, scopes: new Set(scopes), expiresAtMs: null });
const service = (...scopes: string[]): Viewer => ({ kind: 'service', id: 'game', scopes: new Set(scopes), expiresAtMs: null });

postgresSuite()('the API of users', () => {
  let server: PostgresServer;
  let house: House;
  let schema: GraphQLSchema;
  beforeAll(async () => {
    server = await startPostgres();
    house = await openHouse({ postgres: server.url });
    schema = buildSchema([plugin as unknown as AnyPlugin], () => house.users);
  });
  afterAll(async () => {
    await house?.close();
    await server?.stop();
  });

  const ask = (viewer: Viewer, source: string, variableValues: Record<string, unknown> = {}): Promise<ExecutionResult> =>
    graphql({
      schema,
      source,
      variableValues,
      contextValue: { viewer, requestId: 'test', signal: new AbortController().signal, loaders: new Map() },
    });
  const data = async (...args: Parameters<typeof ask>) => {
    const { data, errors } = await ask(...args);
    if (errors !== undefined) throw new Error(errors.map(({ message }) => message).join('; '));
    return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
  };
  const codes = async (...args: Parameters<typeof ask>) => ((await ask(...args)).errors ?? []).map(({ extensions }) => extensions['code']);
  const saveAs = (viewer: Viewer, id: string | null, name: string) =>
    data(
      viewer,
      'mutation ($id: ID, $name: String!) { saveProfile(id: $id, name: $name) { __typename ... on ProfileSaved { user { id name } } ... on Refusal { field } } }',
      { id, name },
    );
  const people = (...ids: string[]) => house.users.upsertProfiles(ids.map((id) => ({ id, name: `Name of ${id}` })));

  it('[US-24] a user saves its own profile and nobody else’s', async () => {
    expect(await saveAs(user('api-ada'), null, ' Ada ')).toEqual({
      saveProfile: { __typename: 'ProfileSaved', user: { id: 'api-ada', name: 'Ada' } },
    });
    expect(await saveAs(user('api-ada'), 'api-ada', 'Ada L.')).toMatchObject({ saveProfile: { user: { name: 'Ada L.' } } });
    expect(await saveAs(user('api-ada'), 'api-ben', 'Ben')).toEqual({ saveProfile: { __typename: 'Forbidden', field: 'id' } });
    expect(await saveAs(service('users:read'), 'api-ben', 'Ben')).toEqual({ saveProfile: { __typename: 'Forbidden', field: 'id' } });
    expect(await saveAs(user('api-ada'), null, '')).toEqual({ saveProfile: { __typename: 'InvalidArgument', field: 'name' } });
    expect(await data(user('api-ada'), '{ me { id name pictureUrl } }')).toEqual({
      me: { id: 'api-ada', name: 'Ada L.', pictureUrl: null },
    });
    expect(await data(user('api-new'), '{ me { id } }')).toEqual({ me: null });
  });

  it('[US-24] with users:write a service saves anyone, one by one and in lists', async () => {
    const save =
      'mutation ($profiles: [ProfileInput!]!) { saveProfiles(profiles: $profiles) { __typename ... on ProfilesSaved { users { id name createdAt } } ... on Refusal { field message } } }';
    const profiles = [{ id: 'api-1', name: 'One' }, { name: 'Made' }, { id: 'api-2', name: 'Two', pictureUrl: 'https://i.example/2.png' }];
    const answer = (await data(service('users:write'), save, { profiles })) as { saveProfiles: { users: { id: string; name: string }[] } };
    expect(answer.saveProfiles.users.map(({ name }) => name)).toEqual(['One', 'Made', 'Two']);
    expect(await data(user('api-1'), save, { profiles })).toMatchObject({ saveProfiles: { __typename: 'Forbidden', field: 'profiles' } });
    const wrong = [...profiles, { id: 'api-3', name: 'x', pictureUrl: 'ftp://x' }];
    expect(await data(service('users:write'), save, { profiles: wrong })).toMatchObject({
      saveProfiles: { __typename: 'InvalidArgument', field: 'profiles[3].pictureUrl' },
    });
    const many = Array.from({ length: 1001 }, () => ({ name: 'x' }));
    expect(await data(service('users:write'), save, { profiles: many })).toMatchObject({
      saveProfiles: { __typename: 'InvalidArgument', field: 'profiles' },
    });
  });

  it('[US-24] a service with users:write acts for a user, and one user never for another', async () => {
    await people('api-act-a', 'api-act-b');
    const request =
      'mutation ($as: ID) { requestFriend(userId: "api-act-b", as: $as) { __typename ... on Friendship { standing user { id } } ... on Refusal { field } } }';
    const forbidden = { requestFriend: { __typename: 'Forbidden', field: 'as' } };
    expect(await data(user('api-act-x'), request, { as: 'api-act-a' })).toEqual(forbidden);
    expect(await data(service('users:read'), request, { as: 'api-act-a' })).toEqual(forbidden);
    expect(await data(service('users:write'), request)).toEqual(forbidden);
    const requested = { requestFriend: { __typename: 'Friendship', standing: 'REQUESTED', user: { id: 'api-act-b' } } };
    expect(await data(service('users:write'), request, { as: 'api-act-a' })).toEqual(requested);
    expect(await data(user('api-act-a'), request)).toEqual(requested);
    const accept = 'mutation { acceptFriend(userId: "api-act-a") { ... on Friendship { standing } } }';
    expect(await data(user('api-act-b'), accept)).toEqual({ acceptFriend: { standing: 'FRIEND' } });
    const nobody = 'mutation { blockUser(userId: "api-nobody") { __typename ... on Refusal { field } } }';
    expect(await data(user('api-act-b'), nobody)).toEqual({ blockUser: { __typename: 'NotFound', field: 'userId' } });
  });

  it('[US-25] friends, requests and blocks are shown to the user itself and to users:read', async () => {
    await people('api-p', 'api-q', 'api-r', 'api-s', 'api-t');
    await house.users.requestFriend({ userId: 'api-p', otherId: 'api-q' });
    await house.users.acceptFriend({ userId: 'api-q', otherId: 'api-p' });
    await house.users.requestFriend({ userId: 'api-r', otherId: 'api-p' });
    await house.users.requestFriend({ userId: 'api-p', otherId: 'api-s' });
    await house.users.block({ userId: 'api-p', otherId: 'api-t' });
    const source =
      '{ user(id: "api-p") { friends(first: 1) { edges { cursor since node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } } friendRequests { nodes { id } } sentFriendRequests { nodes { id } } blockedUsers { nodes { id } } } }';
    for (const viewer of [user('api-p'), service('users:read')]) {
      expect(await data(viewer, source)).toMatchObject({
        user: {
          friends: { edges: [{ node: { id: 'api-q' } }], pageInfo: { hasNextPage: false, hasPreviousPage: false } },
          friendRequests: { nodes: [{ id: 'api-r' }] },
          sentFriendRequests: { nodes: [{ id: 'api-s' }] },
          blockedUsers: { nodes: [{ id: 'api-t' }] },
        },
      });
    }
    for (const viewer of [user('api-q'), service('users:write')]) expect(await codes(viewer, source)).toEqual(Array(4).fill('FORBIDDEN'));
    expect(await codes(ANONYMOUS, source)).toEqual(Array(4).fill('UNAUTHENTICATED'));
    expect(await codes(user('api-p'), '{ me { friends(first: 101) { nodes { id } } } }')).toEqual(['BAD_USER_INPUT']);
    expect(await codes(user('api-p'), '{ me { friends(after: "nonsense") { nodes { id } } } }')).toEqual(['BAD_USER_INPUT']);
  });

  it('[US-17] a blocked user does not see the blocker', async () => {
    await people('api-hide-a', 'api-hide-b');
    await house.users.block({ userId: 'api-hide-a', otherId: 'api-hide-b' });
    const source = '{ user(id: "api-hide-a") { id } users(ids: ["api-hide-b", "api-hide-a"]) { id } }';
    expect(await data(user('api-hide-b'), source)).toEqual({ user: null, users: [{ id: 'api-hide-b' }, null] });
    expect(await data(user('api-hide-a'), source)).toMatchObject({ user: { id: 'api-hide-a' } });
    expect(await data(service(), source)).toMatchObject({ user: { id: 'api-hide-a' } });
  });

  it('[US-26] a list of users with friends costs the same number of calls for two users and for fifty', async () => {
    const ids = Array.from({ length: 50 }, (_, i) => `api-n-${i}`);
    await people(...ids);
    for (const id of ids.slice(1)) {
      await house.users.requestFriend({ userId: id, otherId: 'api-n-0' });
      await house.users.acceptFriend({ userId: 'api-n-0', otherId: id });
    }
    const source =
      'query ($ids: [ID!]!) { users(ids: $ids) { id name friends(first: 10) { nodes { id name pictureUrl } } friendRequests { nodes { id } } } }';
    const cost = async (asked: string[]) => {
      house.counted();
      await data(service('users:read'), source, { ids: asked });
      return house.counted();
    };
    await cost(ids);
    expect(await cost(ids.slice(0, 2))).toEqual({ record: 1, cache: 2 });
    expect(await cost(ids)).toEqual({ record: 1, cache: 2 });
  });

  it('[US-27] without a credential profiles are read and nothing is changed', async () => {
    await people('api-anon');
    expect(await data(ANONYMOUS, '{ user(id: "api-anon") { name } users(ids: ["api-anon", "api-nobody"]) { id } }')).toEqual({
      user: { name: 'Name of api-anon' },
      users: [{ id: 'api-anon' }, null],
    });
    expect(await codes(ANONYMOUS, '{ me { id } }')).toEqual(['UNAUTHENTICATED']);
    expect(await codes(ANONYMOUS, 'mutation { saveProfile(name: "x") { __typename } }')).toEqual(['UNAUTHENTICATED']);
    expect(await codes(ANONYMOUS, 'mutation { saveProfiles(profiles: []) { __typename } }')).toEqual(['UNAUTHENTICATED']);
    for (const act of ['requestFriend', 'acceptFriend', 'declineFriend', 'removeFriend', 'blockUser', 'unblockUser']) {
      expect(await codes(ANONYMOUS, `mutation { ${act}(userId: "api-anon", as: "api-anon") { __typename } }`)).toEqual(['UNAUTHENTICATED']);
    }
    expect(await codes(ANONYMOUS, 'query ($ids: [ID!]!) { users(ids: $ids) { id } }', { ids: Array(1001).fill('x') })).toEqual([
      'BAD_USER_INPUT',
    ]);
  });
});
