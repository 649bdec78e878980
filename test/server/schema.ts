import { GraphQLError } from 'graphql';
import { refuse } from '../../plugins/kernel/index.ts';
import { PortError } from '../../ports/index.ts';
import { createBuilder } from '../../schema/builder.ts';
import { refusalTypeName, refusalTypes } from '../../schema/refusals.ts';
import { registerScalars } from '../../schema/scalars.ts';

export interface Player {
  readonly id: string;
  readonly name: string;
  readonly score: number;
  readonly joinedAt: number;
}

export const PLAYERS: readonly Player[] = Array.from({ length: 10 }, (_, i) => ({
  id: `p${i}`,
  name: `Player ${i}`,
  score: 1000 - i,
  joinedAt: Date.UTC(2026, 0, 1 + i),
}));

/** What the test's resolvers saw, for tests that ask. */
export interface Seen {
  readonly signals: AbortSignal[];
  writes: number;
  release: () => void;
}

/** A small schema with every shape the server treats in its own way. */
export function testSchema(seen: Seen = { signals: [], writes: 0, release: () => undefined }) {
  const builder = createBuilder();
  registerScalars(builder);
  const refusals = refusalTypes(builder);
  const Rank = builder.enumType('Rank', { values: { GOLD: { value: 1 }, SILVER: { value: 2 } } as const });
  const PlayerType = builder.objectRef<Player>('Player');
  PlayerType.implement({
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name'),
      score: t.field({ type: 'SafeInt', resolve: (player) => player.score }),
      joinedAt: t.field({ type: 'DateTime', resolve: (player) => player.joinedAt }),
      rank: t.field({ type: Rank, resolve: (player) => (player.score > 995 ? 1 : 2) }),
      isMe: t.boolean({ extensions: { viewer: true }, resolve: (player, _args, context) => player.id === context.viewer.id }),
      rivals: t.field({
        type: [PlayerType],
        args: { first: t.arg.int({ defaultValue: 3 }) },
        resolve: (_player, { first }) => PLAYERS.slice(0, first ?? 3),
      }),
      secret: t.string({ nullable: true, authScopes: { scope: 'secrets:read' }, resolve: () => 'hush' }),
    }),
  });
  const Result = builder.inputType('ResultInput', {
    fields: (t) => ({
      player: t.id({ required: true }),
      points: t.field({ type: 'SafeInt', required: true }),
      at: t.field({ type: 'DateTime' }),
    }),
  });
  const Match = builder.inputType('MatchInput', {
    fields: (t) => ({ id: t.id({ required: true }), results: t.field({ type: [Result], required: true }), rank: t.field({ type: Rank }) }),
  });
  const Recorded = builder
    .objectRef<{ kind: 'recorded'; count: number }>('Recorded')
    .implement({ fields: (t) => ({ count: t.exposeInt('count') }) });
  const Outcome = builder.unionType('Outcome', {
    types: [Recorded, refusals.InvalidArgument, refusals.NotFound, refusals.Conflict, refusals.Forbidden, refusals.Closed],
    resolveType: (value) => (value.kind === 'recorded' ? 'Recorded' : refusalTypeName(value.kind)),
  });
  builder.queryFields((t) => ({
    hello: t.string({ args: { name: t.arg.string({ defaultValue: 'world' }) }, resolve: (_root, { name }) => `hello ${name}` }),
    players: t.field({
      type: [PlayerType],
      args: { first: t.arg.int(), last: t.arg.int() },
      resolve: (_root, { first }) => PLAYERS.slice(0, first ?? 10),
    }),
    playersById: t.field({
      type: [PlayerType],
      nullable: { list: false, items: true },
      args: { ids: t.arg.idList({ required: true }) },
      resolve: async (_root, { ids }) => ids.map((id) => PLAYERS.find((player) => player.id === id) ?? null),
    }),
    later: t.string({ resolve: async () => 'later' }),
    since: t.field({ type: 'DateTime', args: { at: t.arg({ type: 'DateTime', required: true }) }, resolve: (_root, { at }) => at }),
    me: t.string({ authScopes: { signedIn: true }, resolve: (_root, _args, context) => context.viewer.id }),
    broken: t.string({
      nullable: true,
      resolve: () => {
        throw new Error('password=hunter2');
      },
    }),
    brokenLater: t.string({ nullable: true, resolve: () => Promise.reject(new Error('password=hunter2')) }),
    nothing: t.string({ resolve: () => null as unknown as string }),
    badInt: t.int({ nullable: true, resolve: () => 1.5 }),
    meant: t.string({
      nullable: true,
      resolve: () => {
        throw new GraphQLError('That board is unknown.', { extensions: { code: 'BOARD_UNKNOWN', field: 'board' } });
      },
    }),
    unavailable: t.string({
      nullable: true,
      resolve: () => {
        throw new PortError('UNAVAILABLE', 'redis at 10.0.0.7 refused', { cause: new Error('ECONNREFUSED') });
      },
    }),
    expensive: t.int({ extensions: { cost: 5_000 }, resolve: () => 1 }),
    waits: t.string({
      nullable: true,
      resolve: (_root, _args, context) => {
        seen.signals.push(context.signal);
        return new Promise<string>((resolve) => {
          seen.release = () => resolve('released');
          context.signal.addEventListener('abort', () => resolve('aborted'));
        });
      },
    }),
  }));
  builder.mutationFields((t) => ({
    write: t.int({
      resolve: () => {
        seen.writes += 1;
        return seen.writes;
      },
    }),
    record: t.field({
      type: Outcome,
      args: { match: t.arg({ type: Match, required: true }) },
      resolve: (_root, { match }) => {
        const at = match.results.findIndex((result) => result.points < 0);
        if (at !== -1) return refuse('invalid-argument', `match.results[${at}].points`, 'must not be negative');
        if (match.id === 'closed') return refuse('closed', 'match.id', 'the season is sealed');
        if (match.id === 'twice') return refuse('conflict', 'match.id', 'recorded with other results');
        if (match.id === 'nobody') return refuse('not-found', 'match.id', 'no such board');
        return { kind: 'recorded' as const, count: match.results.length };
      },
    }),
  }));
  builder.subscriptionFields((t) => ({
    counted: t.int({
      extensions: { shared: 'live' },
      args: { to: t.arg.int({ required: true }) },
      subscribe: (_root, { to }) => countTo(to),
      resolve: (n) => n as number,
    }),
    topPlayer: t.field({
      type: PlayerType,
      extensions: { shared: 'latest' },
      subscribe: () => countTo(1),
      resolve: () => PLAYERS[0] as never,
    }),
    mine: t.int({
      authScopes: { signedIn: true },
      extensions: { shared: 'live' },
      subscribe: () => countTo(2),
      resolve: (n) => n as number,
    }),
    endless: t.int({ subscribe: (_root, _args, context) => endless(seen, context.signal), resolve: (n) => n as number }),
    plain: t.int({ subscribe: () => countTo(2), resolve: (n) => n as number }),
  }));
  return builder.toSchema();
}

/** One event, then silence until the subscriber goes away. */
async function* endless(seen: Seen, signal: AbortSignal): AsyncGenerator<number> {
  seen.signals.push(signal);
  yield 1;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function* countTo(to: number): AsyncGenerator<number> {
  for (let n = 1; n <= to; n += 1) yield n;
}
