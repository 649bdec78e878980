import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RestRoute } from '../../plugins/kernel/index.ts';
import { refusalAnswer } from '../../server/rest/refusals.ts';
import { testGateway } from './gateway.ts';

const ROUTES: readonly RestRoute[] = [
  {
    method: 'POST',
    path: '/v1/matches/{match_id}',
    summary: 'Record a match',
    operation: `mutation R($id: ID!, $results: [ResultInput!]!, $rank: Rank) {
      record(match: { id: $id, results: $results, rank: $rank }) { __typename ... on Recorded { count } ... on Refusal { field message } }
    }`,
    parameters: {
      match_id: { in: 'path', variable: 'id', type: 'string', required: true, description: 'The match' },
      scores: { in: 'body', variable: 'results', type: 'array', required: true, description: 'Points by player' },
      rank: { in: 'body', variable: 'rank', type: 'string', required: false, description: 'Its rank' },
    },
    respond: ({ record }: { record: { __typename: string; count: number } }) =>
      refusalAnswer(record) ?? { status: 201, body: { count: record.count } },
  },
  {
    method: 'GET',
    path: '/v1/players',
    summary: 'The top players',
    operation: 'query P($n: Int) { players(first: $n) { id } }',
    parameters: { limit: { in: 'query', variable: 'n', type: 'integer', required: false, description: 'How many' } },
    respond: ({ players }: { players: readonly { id: string }[] }) => ({ status: 200, body: players.map((player) => player.id) }),
  },
  {
    method: 'GET',
    path: '/v1/me',
    summary: 'Me',
    operation: '{ me }',
    parameters: {},
    respond: ({ me }: { me: string }) => ({ status: 200, body: { me } }),
  },
  {
    method: 'GET',
    path: '/v1/broken',
    summary: 'Broken',
    operation: '{ broken }',
    parameters: {},
    respond: () => ({ status: 200, body: {} }),
  },
  {
    method: 'GET',
    path: '/v1/unavailable',
    summary: 'Down',
    operation: '{ unavailable }',
    parameters: {},
    respond: () => ({ status: 200, body: {} }),
  },
];

let gateway: Awaited<ReturnType<typeof testGateway>>;
beforeAll(async () => {
  gateway = await testGateway({ routes: ROUTES, onlyPersisted: true });
});
afterAll(() => gateway.close());

const post = async (id: string, body: unknown, headers: Record<string, string> = {}) => {
  const response = await fetch(`${gateway.url}/v1/matches/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${gateway.url}${path}`, { headers });
  return { status: response.status, body: (await response.json()) as unknown };
};
const scores = [{ player: 'p1', points: 3 }];

test('a route runs its operation, although only registered ones may run', async () => {
  expect(await post('m1', { scores })).toEqual({ status: 201, body: { count: 1 } });
  expect(await get('/v1/players?limit=2')).toEqual({ status: 200, body: ['p0', 'p1'] });
  expect(await get('/v1/players')).toMatchObject({ status: 200 });
});

test.each([
  ['a negative score', 'm1', { scores: [{ player: 'p1', points: -1 }] }, 400, 'INVALID_ARGUMENT', 'match.results[0].points'],
  ['an unknown thing', 'nobody', { scores }, 404, 'NOT_FOUND', 'match.id'],
  ['a conflict', 'twice', { scores }, 409, 'CONFLICT', 'match.id'],
  ['a sealed season', 'closed', { scores }, 410, 'CLOSED', 'match.id'],
  ['a parameter left out', 'm1', {}, 400, 'BAD_USER_INPUT', 'scores'],
  ['a parameter of another type', 'm1', { scores: 'x' }, 400, 'BAD_USER_INPUT', 'scores'],
  ['a field inside that is wrong', 'm1', { scores: [{ player: 'p1', points: 'x' }] }, 400, 'BAD_USER_INPUT', 'scores[0].points'],
  ['a field inside that is unknown', 'm1', { scores: [{ player: 'p1', points: 1, x: 1 }] }, 400, 'BAD_USER_INPUT', 'scores[0]'],
  ['an enum value that is none', 'm1', { scores, rank: 'LEAD' }, 400, 'BAD_USER_INPUT', 'rank'],
  ['a parameter nobody knows', 'm1', { scores, extra: 1 }, 400, 'BAD_USER_INPUT', 'extra'],
  ['a body that is no JSON', 'm1', '{"scores":', 400, 'BAD_USER_INPUT', 'body'],
  ['a body that is a list', 'm1', '[]', 400, 'BAD_USER_INPUT', 'body'],
] as const)('%s is refused with its status and names the field', async (_title, id, body, status, code, field) => {
  const answer = await post(id, body);
  expect(answer).toMatchObject({ status, body: { error: { code, field } } });
});

test.each(['x', '1.5', '', '99999999999999999999'])('limit=%s is no whole number', async (limit) => {
  expect(await get(`/v1/players?limit=${limit}`)).toMatchObject({
    status: 400,
    body: { error: { code: 'BAD_USER_INPUT', field: 'limit' } },
  });
});

test('credentials, faults and wrong types have their statuses', async () => {
  expect(await get('/v1/me')).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } });
  expect(await get('/v1/me', { authorization: 'Bearer bad' })).toMatchObject({ status: 401 });
  expect(await get('/v1/me', { authorization: `Bearer ${gateway.token}` })).toEqual({ status: 200, body: { me: 'ada' } });
  expect(await get('/v1/broken')).toMatchObject({ status: 500, body: { error: { code: 'INTERNAL' } } });
  expect(await get('/v1/unavailable')).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } });
  expect(await post('m1', { scores }, { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  expect(await get('/v1/matches/m1')).toMatchObject({ status: 405 });
});

test('the OpenAPI page describes every route with the types of its operation, and every reference leads somewhere', async () => {
  const { status, body } = await get('/openapi.json');
  const page = body as {
    openapi: string;
    paths: Record<string, Record<string, { parameters?: unknown; requestBody?: unknown }>>;
    components: Record<string, Record<string, unknown>>;
  };
  expect([status, page.openapi]).toEqual([200, '3.1.0']);
  expect(Object.entries(page.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))).toEqual(
    ROUTES.map((route) => `${route.method.toLowerCase()} ${route.path}`),
  );
  expect(page.paths['/v1/players']?.['get']?.parameters).toEqual([
    { name: 'limit', in: 'query', required: false, description: 'How many', schema: { type: 'integer', format: 'int32' } },
  ]);
  expect(page.paths['/v1/matches/{match_id}']?.['post']?.requestBody).toMatchObject({
    required: true,
    content: {
      'application/json': {
        schema: { required: ['scores'], properties: { scores: { type: 'array' }, rank: { enum: ['GOLD', 'SILVER'] } } },
      },
    },
  });
  for (const [, path] of JSON.stringify(page).matchAll(/"\$ref":"#\/components\/(\w+\/\w+)"/g)) {
    const [kind = '', name = ''] = (path ?? '').split('/');
    expect(page.components[kind]?.[name], path).toBeDefined();
  }
});

test('two routes that nothing tells apart stop the start', async () => {
  const [first] = ROUTES;
  if (first === undefined) throw new Error('no routes');
  await expect(testGateway({ routes: [first, { ...first, path: '/v1/matches/{other}', parameters: {} }] })).rejects.toThrow('two routes');
});
