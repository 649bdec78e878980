import { type RestAnswer, type RestRoute, refusalKindOf, refusalOverHttp } from '../kernel/index.ts';

/** The seed's three paths. Each runs one GraphQL operation, so it has the same rights, limits and refusals. */
export const leaderboardRoutes: readonly RestRoute[] = [
  {
    method: 'POST',
    path: '/v1/scores',
    summary: 'Adds the points a player has won. Needs the scope scores:write.',
    operation: `mutation PostScore($userId: ID!, $points: SafeInt!, $matchId: ID, $board: ID) {
      recordScore(userId: $userId, points: $points, matchId: $matchId, boardId: $board) {
        __typename
        ... on MatchRecorded { matchId duplicate applied results { userId points entry { rank score } } }
        ... on Refusal { field message }
      }
    }`,
    parameters: {
      user_id: { in: 'body', variable: 'userId', type: 'string', required: true, description: 'The player, 1 to 128 bytes.' },
      points: { in: 'body', variable: 'points', type: 'integer', required: true, description: 'A whole number from 0 to 2^53 - 1.' },
      match_id: {
        in: 'body',
        variable: 'matchId',
        type: 'string',
        required: false,
        description: 'Counted once per match and player. Left out: every request counts.',
      },
      board: { in: 'body', variable: 'board', type: 'string', required: false, description: 'Default `default`.' },
    },
    respond: ({ recordScore }: Answers['post']): RestAnswer => {
      if (recordScore.__typename !== 'MatchRecorded') return refusalAnswer(recordScore);
      const [result] = recordScore.results;
      return {
        status: 200,
        body: {
          user_id: result?.userId,
          points: result?.points,
          match_id: recordScore.matchId,
          score: result?.entry?.score ?? null,
          rank: result?.entry?.rank ?? null,
          applied: recordScore.applied,
          duplicate: recordScore.duplicate,
        },
      };
    },
  },
  {
    method: 'GET',
    path: '/v1/scores',
    summary: 'The best players, ten unless `limit` says otherwise.',
    operation: `query GetScores($board: ID = "default", $first: Int = 10) {
      leaderboard(id: $board) { top(first: $first) { nodes { userId rank score user { name } } } }
    }`,
    parameters: {
      limit: { in: 'query', variable: 'first', type: 'integer', required: false, description: '1 to 500, default 10.' },
      board: { in: 'query', variable: 'board', type: 'string', required: false, description: 'Default `default`.' },
    },
    respond: ({ leaderboard }: Answers['top']): RestAnswer =>
      leaderboard === null
        ? notFound('board', 'there is no such board')
        : {
            status: 200,
            body: leaderboard.top.nodes.map(({ userId, rank, score, user }) => ({
              user_id: userId,
              user_name: user?.name ?? null,
              rank,
              score,
            })),
          },
  },
  {
    method: 'GET',
    path: '/v1/scores/{user_id}',
    summary: 'One player’s score and rank.',
    operation: `query GetScore($userId: ID!, $board: ID = "default") {
      leaderboard(id: $board) { rank(userId: $userId) { userId score rank } }
    }`,
    parameters: {
      user_id: { in: 'path', variable: 'userId', type: 'string', required: true, description: 'The player.' },
      board: { in: 'query', variable: 'board', type: 'string', required: false, description: 'Default `default`.' },
    },
    respond: ({ leaderboard }: Answers['one']): RestAnswer => {
      if (leaderboard === null) return notFound('board', 'there is no such board');
      const { rank } = leaderboard;
      return rank === null
        ? notFound('user_id', 'this player is not on the board')
        : { status: 200, body: { user_id: rank.userId, score: rank.score, rank: rank.rank } };
    },
  },
];

interface RefusalData {
  readonly __typename: string;
  readonly field: string;
  readonly message: string;
}

interface RecordedData {
  readonly __typename: 'MatchRecorded';
  readonly matchId: string;
  readonly duplicate: boolean;
  readonly applied: boolean;
  readonly results: readonly { userId: string; points: number; entry: { rank: number; score: number } | null }[];
}

interface Answers {
  readonly post: {
    readonly recordScore: RecordedData | (RefusalData & { readonly __typename: 'InvalidArgument' | 'NotFound' | 'Conflict' | 'Closed' });
  };
  readonly top: {
    readonly leaderboard: {
      readonly top: { readonly nodes: readonly { userId: string; rank: number; score: number; user: { name: string } | null }[] };
    } | null;
  };
  readonly one: { readonly leaderboard: { readonly rank: { userId: string; score: number; rank: number } | null } | null };
}

/** A refused update, with the field as the path calls it. */
function refusalAnswer({ __typename, field, message }: RefusalData): RestAnswer {
  const kind = refusalKindOf(__typename) ?? 'invalid-argument';
  return refusalOverHttp({ kind, field: REST_NAMES[field] ?? field, message });
}

const REST_NAMES: Readonly<Record<string, string>> = {
  boardId: 'board',
  matchId: 'match_id',
  occurredAt: 'board',
  'results[0]': 'match_id',
  'results[0].userId': 'user_id',
  'results[0].points': 'points',
};

const notFound = (field: string, message: string): RestAnswer => refusalOverHttp({ kind: 'not-found', field, message });
