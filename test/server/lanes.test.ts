import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OperationRequest } from '../../server/pipeline/types.ts';
import { testGateway } from './gateway.ts';

const record =
  'mutation R($match: MatchInput!) { record(match: $match) { __typename ... on Recorded { count } ... on Refusal { field message } } }';
const deep = (levels: number) => `{ players(first: 1) ${'{ rivals(first: 1) '.repeat(levels)}{ id }${' }'.repeat(levels)} }`;

/** Read-only operations: GET carries only those. The first two columns are the title and the request. */
const REQUESTS: readonly (readonly [string, OperationRequest])[] = [
  ['a field', { query: '{ hello }' }],
  ['a literal argument', { query: '{ hello(name: "ada") }' }],
  ['a null argument', { query: '{ hello(name: null) }' }],
  ['an alias', { query: '{ a: hello b: hello(name: "b") }' }],
  ['a list', { query: '{ players { id name score joinedAt rank } }' }],
  ['a page by variable', { query: 'query($n: Int) { players(first: $n) { id } }', variables: { n: 2 } }],
  ['a page by default', { query: 'query($n: Int = 3) { players(first: $n) { id } }' }],
  ['a variable left out', { query: 'query($n: Int) { players(first: $n) { id } }', variables: {} }],
  ['variables null', { query: '{ hello }', variables: null }],
  ['a fragment', { query: '{ players(first: 1) { ...P } } fragment P on Player { id ...Q } fragment Q on Player { name }' }],
  ['an inline fragment', { query: '{ players(first: 1) { ... on Player { id } ... { name } } }' }],
  ['a nested list', { query: '{ players(first: 2) { id rivals(first: 2) { id rank } } }' }],
  [
    'skip and include',
    {
      query: 'query($y: Boolean!, $n: Boolean!) { a: hello @include(if: $y) b: hello @skip(if: $y) c: hello @include(if: $n) }',
      variables: { y: true, n: false },
    },
  ],
  [
    'ids, one of them unknown',
    { query: 'query($ids: [ID!]!) { playersById(ids: $ids) { id } }', variables: { ids: ['p1', 'nobody', 'p3'] } },
  ],
  ['a single id coerced to a list', { query: 'query($ids: [ID!]!) { playersById(ids: $ids) { id } }', variables: { ids: 'p1' } }],
  ['a number coerced to an id', { query: 'query($ids: [ID!]!) { playersById(ids: $ids) { id } }', variables: { ids: [1] } }],
  ['a promise', { query: '{ later }' }],
  ['a scalar variable', { query: 'query($at: DateTime!) { since(at: $at) }', variables: { at: '2026-02-01T09:30:00+02:00' } }],
  ['a scalar literal', { query: '{ since(at: "2026-02-01T09:30:00Z") }' }],
  ['the chosen operation', { query: 'query A { hello } query B { later }', operationName: 'B' }],
  ['typename', { query: '{ __typename }' }],
  ['introspection', { query: getIntrospectionQuery() }],
  ['one type', { query: '{ __type(name: "Player") { name fields { name type { kind ofType { name } } } } }' }],
  ['a syntax error', { query: '{ hello' }],
  ['an empty document', { query: '' }],
  ['an unknown field', { query: '{ helo }' }],
  ['an unknown argument', { query: '{ hello(nom: 1) }' }],
  ['a missing selection', { query: '{ players }' }],
  ['a wrong literal', { query: '{ players(first: "two") { id } }' }],
  ['a wrong scalar literal', { query: '{ since(at: "yesterday") }' }],
  ['a wrong variable', { query: 'query($n: Int) { players(first: $n) { id } }', variables: { n: 'two' } }],
  ['a wrong scalar variable', { query: 'query($at: DateTime!) { since(at: $at) }', variables: { at: 'yesterday' } }],
  ['a day that no month has', { query: 'query($at: DateTime!) { since(at: $at) }', variables: { at: '2026-02-30T00:00:00Z' } }],
  ['a required variable left out', { query: 'query($at: DateTime!) { since(at: $at) }' }],
  ['no such operation', { query: '{ hello }', operationName: 'Nope' }],
  ['several operations, none named', { query: 'query A { hello } query B { later }' }],
  ['a fault masked', { query: '{ broken hello }' }],
  ['a fault masked later', { query: '{ brokenLater }' }],
  ['null where there must be something', { query: '{ nothing }' }],
  ['a result that is no Int', { query: '{ badInt }' }],
  ['a refusal with a code', { query: '{ meant hello }' }],
  ['a store that is down', { query: '{ unavailable }' }],
  ['a credential missing', { query: '{ me }' }],
  ['a scope missing', { query: '{ players(first: 1) { id secret } }' }],
  ['too deep', { query: deep(13) }],
  ['a page too large', { query: '{ players(first: 5000) { id } }' }],
  ['a page too large by variable', { query: 'query($n: Int) { players(first: $n) { id } }', variables: { n: 5000 } }],
  ['too expensive', { query: '{ players(first: 1000) { rivals(first: 100) { id } } }' }],
  ['an unknown persisted query', { extensions: { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } } }],
  ['no query', {}],
  ['deferred', { query: '{ ... @defer { hello } }' }],
  ['a subscription', { query: 'subscription { plain }' }],
];

let gateway: Awaited<ReturnType<typeof testGateway>>;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

const asQuery = (request: OperationRequest): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );

const answerOf = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('content-type'),
  body: await response.text(),
});

for (const accept of ['application/json', 'application/graphql-response+json']) {
  test.each(REQUESTS)(`both lanes answer %s with the same bytes as ${accept}, interpreted and compiled`, async (_title, request) => {
    const headers = { accept, 'x-request-id': 'same' };
    const first = await answerOf(await gateway.post(request, headers));
    const answers = [
      await answerOf(await gateway.get(asQuery(request), headers)),
      await answerOf(await gateway.post(request, headers)),
      await answerOf(await gateway.get(asQuery(request), headers)),
    ];
    expect(answers).toEqual([first, first, first]);
    expect(first.body).not.toContain('hunter2');
    if (request.query === '{ hello }')
      expect(first.status).toBe(request.operationName === 'Nope' && accept !== 'application/json' ? 400 : 200);
  });
}

test('a mutation answers a refusal as a union member that names the field', async () => {
  const variables = {
    match: {
      id: 'm1',
      results: [
        { player: 'p1', points: 5 },
        { player: 'p2', points: -1 },
      ],
    },
  };
  for (let round = 0; round < 3; round += 1) {
    const response = await gateway.post({ query: record, variables });
    expect(await response.json()).toEqual({
      data: { record: { __typename: 'InvalidArgument', field: 'match.results[1].points', message: 'must not be negative' } },
    });
  }
});

test('a wrong variable names itself and the path inside it, interpreted and compiled', async () => {
  const variables = {
    match: {
      id: 'm1',
      results: [
        { player: 'p1', points: 5 },
        { player: 'p2', points: 'NaN' },
      ],
    },
  };
  for (let round = 0; round < 3; round += 1) {
    const body = (await (await gateway.post({ query: record, variables })).json()) as { errors: { extensions: object; message: string }[] };
    expect(body.errors[0]?.extensions).toEqual({ code: 'BAD_USER_INPUT', variable: '$match', field: 'match.results[1].points' });
    expect(body.errors[0]?.message).toContain('"match.results[1].points"');
  }
});

test('a query over an event stream is one event and the end', async () => {
  const response = await gateway.post({ query: '{ hello }' }, { accept: 'text/event-stream' });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  expect(await response.text()).toContain('event: next\ndata: {"data":{"hello":"hello world"}}\n\nevent: complete');
});

test('a subscription streams by GET and by POST', async () => {
  const query = 'subscription { counted(to: 2) }';
  const accept = { accept: 'text/event-stream' };
  for (const response of [await gateway.get({ query }, accept), await gateway.post({ query }, accept)]) {
    expect(response.status).toBe(200);
    expect((await response.text()).match(/"counted":\d/g)).toEqual(['"counted":1', '"counted":2']);
  }
});
