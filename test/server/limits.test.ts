import { createHash } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { createPersisted } from '../../server/pipeline/persisted.ts';
import type { OperationRequest, Prepared, Rejected } from '../../server/pipeline/types.ts';
import { anyone, clock, type Options, testGateway, testPipeline } from './gateway.ts';
import { testSchema } from './schema.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const run = async (options: Options, request: OperationRequest) => testPipeline(options).pipeline.run(request, anyone());
const prepare = async (options: Options, request: OperationRequest): Promise<Prepared | Rejected> => {
  const preparation = await testPipeline(options).pipeline.prepare(request, anyone());
  return preparation.ok ? preparation.operation : preparation.rejected;
};
const extensionsOf = async (options: Options, request: OperationRequest) => {
  const outcome = await prepare(options, request);
  return 'status' in outcome ? outcome.errors[0]?.extensions : undefined;
};

const nested = (levels: number): string =>
  levels === 1 ? '{ hello }' : `{ players(first: 1) ${'{ rivals(first: 1) '.repeat(levels - 2)}{ id }${' }'.repeat(levels - 2)} }`;

test('a document at the depth limit passes and one level more is refused', async () => {
  expect(await extensionsOf({ limits: { depth: 4 } }, { query: nested(4) })).toBeUndefined();
  expect(await extensionsOf({ limits: { depth: 4 } }, { query: nested(5) })).toEqual({
    code: 'LIMIT_EXCEEDED',
    limit: 'depth',
    max: 4,
    actual: 5,
  });
});

test('depth counts through fragments', async () => {
  const query =
    '{ players(first: 1) { ...A } } fragment A on Player { rivals(first: 1) { ...B } } fragment B on Player { rivals(first: 1) { id } }';
  expect(await extensionsOf({ limits: { depth: 3 } }, { query })).toMatchObject({ limit: 'depth', actual: 4 });
});

test('one alias too many is refused', async () => {
  const query = `{ ${Array.from({ length: 4 }, (_, i) => `a${i}: hello`).join(' ')} }`;
  expect(await extensionsOf({ limits: { aliases: 4 } }, { query })).toBeUndefined();
  expect(await extensionsOf({ limits: { aliases: 3 } }, { query })).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'aliases', actual: 4 });
});

test('a document with too many tokens is refused unread', async () => {
  const query = `{ ${'hello '.repeat(50)} }`;
  expect(await extensionsOf({ limits: { tokens: 40 } }, { query })).toEqual({ code: 'LIMIT_EXCEEDED', limit: 'tokens', max: 40 });
});

const costOf = async (query: string, variables: Record<string, unknown> = {}) => {
  const outcome = await prepare({ limits: { cost: Number.MAX_SAFE_INTEGER, depth: 1000 } }, { query, variables });
  return 'status' in outcome ? outcome.errors : outcome.cost;
};

test('cost is the sum of fields times the page sizes above them', async () => {
  expect(await costOf('{ hello }')).toBe(1);
  expect(await costOf('{ expensive }')).toBe(5_000);
  expect(await costOf('{ players(first: 3) { id name } }')).toBe(1 + 3 * 2);
  expect(await costOf('{ players { id } }')).toBe(1 + 20);
  expect(await costOf('{ players(first: 2) { rivals { id } } }')).toBe(1 + 2 * (1 + 3));
  expect(await costOf('{ players(first: 2) { rivals(first: 4) { id name } } }')).toBe(1 + 2 * (1 + 4 * 2));
  expect(await costOf('{ playersById(ids: ["a", "b", "c"]) { id name } }')).toBe(1 + 3 * 2);
});

test('variables and their defaults size lists like literals', async () => {
  const query = 'query($n: Int = 7, $ids: [ID!]!) { players(first: $n) { id } playersById(ids: $ids) { id rivals(first: $n) { id } } }';
  expect(await costOf(query, { ids: ['a', 'b'] })).toBe(1 + 7 + 1 + 2 * (1 + 1 + 7));
  expect(await costOf(query, { ids: ['a'], n: 2 })).toBe(1 + 2 + 1 + 1 * (1 + 1 + 2));
});

test('an operation past the cost limit is refused, by literals and by variables', async () => {
  const limits = { cost: 100 };
  expect(await extensionsOf({ limits }, { query: '{ players(first: 99) { id } }' })).toBeUndefined();
  expect(await extensionsOf({ limits }, { query: '{ players(first: 100) { id } }' })).toEqual({
    code: 'LIMIT_EXCEEDED',
    limit: 'cost',
    max: 100,
    actual: 101,
  });
  const query = 'query($n: Int) { players(first: $n) { id } }';
  expect(await extensionsOf({ limits }, { query, variables: { n: 99 } })).toBeUndefined();
  expect(await extensionsOf({ limits }, { query, variables: { n: 100 } })).toMatchObject({ limit: 'cost', actual: 101 });
});

test('fragments that double themselves two hundred times are measured at once and refused', async () => {
  const fragments = Array.from(
    { length: 150 },
    (_, i) => `fragment F${i} on Player { a: rivals(first: 1) { ...F${i + 1} } b: rivals(first: 1) { ...F${i + 1} } }`,
  );
  const query = `{ players(first: 1) { ...F0 } } ${fragments.join(' ')} fragment F150 on Player { id }`;
  const limits = { tokens: 100_000, depth: 1_000, aliases: Number.MAX_VALUE };
  expect(await extensionsOf({ limits }, { query })).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'cost' });
});

test('a page or an id list past the page size is refused and named', async () => {
  const limits = { pageSize: 3 };
  expect(await extensionsOf({ limits }, { query: '{ players(first: 4) { id } }' })).toMatchObject({
    code: 'BAD_USER_INPUT',
    field: 'first',
  });
  expect(await extensionsOf({ limits }, { query: '{ players(last: 4) { id } }' })).toMatchObject({ field: 'last' });
  expect(await extensionsOf({ limits }, { query: '{ playersById(ids: [1, 2, 3, 4]) { id } }' })).toMatchObject({ field: 'ids' });
  const query = 'query($who: [ID!]!) { playersById(ids: $who) { id } }';
  expect(await extensionsOf({ limits }, { query, variables: { who: ['a', 'b', 'c'] } })).toBeUndefined();
  expect(await extensionsOf({ limits }, { query, variables: { who: ['a', 'b', 'c', 'd'] } })).toMatchObject({ field: 'who' });
});

test('introspection is free of the depth limit, and refused where the policy says so', async () => {
  const query = '{ __schema { types { fields { type { ofType { ofType { ofType { name } } } } } } } }';
  expect((await run({ limits: { depth: 3 } }, { query })).result.data).toBeDefined();
  expect((await run({ introspection: false }, { query })).result.errors?.[0]?.extensions).toMatchObject({
    code: 'GRAPHQL_VALIDATION_FAILED',
  });
  expect((await run({ introspection: false }, { query: '{ __typename }' })).result.data).toEqual({ __typename: 'Query' });
});

test('names are suggested only where that is allowed', async () => {
  const message = async (suggestions: boolean) => (await run({ suggestions }, { query: '{ helo }' })).result.errors?.[0]?.message;
  expect(await message(true)).toContain('Did you mean "hello"');
  expect(await message(false)).not.toContain('hello');
});

test('an operation past its time answers TIMEOUT and its signal is aborted, compiled or not', async () => {
  const signals: AbortSignal[] = [];
  const schema = testSchema({ signals, writes: 0, release: () => undefined });
  const { pipeline } = testPipeline({ schema, limits: { operationMs: 40 } });
  for (let round = 0; round < 3; round += 1) {
    const answer = await pipeline.run({ query: '{ waits }' }, anyone());
    expect(answer.status).toBe(504);
    expect(answer.result.errors?.[0]?.extensions).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(signals[round]?.aborted).toBe(true);
  }
});

test('a caller over its rate is told when to come back, and another viewer is not held up', async () => {
  const { pipeline } = testPipeline({ limits: { operationsPerMinuteIp: 2, operationsPerMinuteViewer: 3 } });
  const statuses = async (count: number, viewer: Parameters<typeof anyone>[0]) => {
    const seen = [];
    for (let i = 0; i < count; i += 1) seen.push((await pipeline.run({ query: '{ hello }' }, anyone(viewer))).status);
    return seen;
  };
  expect(await statuses(3, undefined)).toEqual([200, 200, 429]);
  expect(await statuses(4, { kind: 'user', id: 'ada' })).toEqual([200, 200, 200, 429]);
  expect(await statuses(1, { kind: 'user', id: 'grace' })).toEqual([200]);
});

test('over HTTP a rate limit is 429 with Retry-After, over both lanes', async () => {
  const gateway = await testGateway({ limits: { operationsPerMinuteIp: 1 } });
  closers.push(gateway.close);
  await gateway.post({ query: '{ hello }' });
  for (const response of [await gateway.post({ query: '{ hello }' }), await gateway.get({ query: '{ hello }' })]) {
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(60);
  }
});

test('a persisted query is learned with its text and found by its hash', async () => {
  const { pipeline } = testPipeline();
  const query = '{ hello }';
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
  expect((await pipeline.run({ extensions }, anyone())).result.errors?.[0]).toMatchObject({
    message: 'PersistedQueryNotFound',
    extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' },
  });
  expect((await pipeline.run({ query: '{ later }', extensions }, anyone())).result.errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_REQUEST',
  });
  expect((await pipeline.run({ query, extensions }, anyone())).result.data).toEqual({ hello: 'hello world' });
  expect((await pipeline.run({ extensions }, anyone())).result.data).toEqual({ hello: 'hello world' });
});

test('where only registered operations run, any other is refused, by text and by hash', async () => {
  const registered = ['{ hello }'];
  const sha256Hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const byHash = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256Hash(text) } } });
  const { pipeline } = testPipeline({ registered, onlyPersisted: true });
  expect((await pipeline.run({ query: '{ hello }' }, anyone())).result.data).toEqual({ hello: 'hello world' });
  expect((await pipeline.run(byHash('{ hello }'), anyone())).result.data).toEqual({ hello: 'hello world' });
  for (const request of [{ query: '{ later }' }, byHash('{ later }'), { query: '{ later }', ...byHash('{ later }') }]) {
    expect((await pipeline.run(request, anyone())).result.errors?.[0]?.extensions).toMatchObject({ code: 'PERSISTED_QUERY_ONLY' });
  }
});

test('learned texts are bounded', async () => {
  const persisted = createPersisted({ clock, learnedMax: 8 });
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  for (let i = 0; i < 100; i += 1) persisted.remember(hash(`{ a${i} }`), `{ a${i} }`);
  const kept = Array.from({ length: 100 }, (_, i) => persisted.find(hash(`{ a${i} }`))).filter((text) => text !== undefined);
  expect(kept.length).toBeLessThanOrEqual(8);
});

test.each([
  ['subscription { counted(to: 1) }', 'live'],
  ['subscription { topPlayer { id name } }', 'latest'],
  ['subscription { topPlayer { id rivals { id } } }', 'latest'],
  ['subscription { topPlayer { id isMe } }', undefined],
  ['subscription { topPlayer { ...P } } fragment P on Player { rivals { secret } }', undefined],
  ['subscription { mine }', undefined],
  ['subscription { plain }', undefined],
])('%s is shared as %s', async (query, shared) => {
  const outcome = await prepare({}, { query });
  expect('status' in outcome ? outcome : outcome.shared).toBe(shared);
});

test('an operation has the same id whatever the white space, and another for another name or selection', async () => {
  const id = async (query: string) => {
    const outcome = await prepare({}, { query });
    return 'status' in outcome ? outcome : outcome.id;
  };
  const base = await id('query A { players(first: 1) { id name } }');
  expect(await id('query   A{players(first:1){id,name}} # same')).toBe(base);
  expect(await id('query B { players(first: 1) { id name } }')).not.toBe(base);
  expect(await id('query A { players(first: 2) { id name } }')).not.toBe(base);
});

test('a subscription executes each event the same, interpreted and compiled', async () => {
  const { pipeline } = testPipeline();
  const outcome = await prepare({}, { query: 'subscription S($to: Int!) { counted(to: $to) }', variables: { to: 3 } });
  if ('status' in outcome) throw new Error('refused');
  const context = pipeline.context(anyone());
  const stream = await outcome.subscribe(context);
  if (!(Symbol.asyncIterator in stream)) throw new Error('no stream');
  const seen: unknown[] = [];
  for await (const event of stream) seen.push((await outcome.execute(context, event)).data);
  expect(seen).toEqual([{ counted: 1 }, { counted: 2 }, { counted: 3 }]);
});

test('contexts of delivered events add no listener to a caller that lives long, and an operation takes its own away', async () => {
  const { pipeline } = testPipeline({
    schema: testSchema({ signals: [], writes: 0, release: () => undefined }),
    limits: { operationMs: 20 },
  });
  const caller = anyone();
  for (let i = 0; i < 50; i += 1) expect(pipeline.context(caller).signal).toBe(caller.signal);
  for (let i = 0; i < 3; i += 1) await pipeline.run({ query: '{ waits }' }, caller);
  expect(getEventListeners(caller.signal, 'abort')).toEqual([]);
});
