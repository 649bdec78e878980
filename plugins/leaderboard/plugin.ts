import { leaderboardResolvers } from '../../resolvers/leaderboard/resolvers.ts';
import { leaderboardSchema } from '../../schema/leaderboard/schema.ts';
import { definePlugin } from '../kernel/index.ts';
import { leaderboardNeeds, leaderboardUses } from './needs.ts';
import { leaderboardOptions } from './options.ts';
import { leaderboardRoutes } from './routes.ts';
import { createLeaderboards } from './service.ts';

/** Real-time leaderboards: scores come in by the log, boards are projections of it. */
export const leaderboard = definePlugin({
  name: 'leaderboard',
  contract: 1,
  needs: leaderboardNeeds,
  uses: leaderboardUses,
  options: leaderboardOptions,
  migrations: { need: 'record', schema: 'leaderboard', folder: new URL('../../drizzle/leaderboard/migrations/', import.meta.url) },
  service: createLeaderboards,
  work: (service) => service.work,
  schema: leaderboardSchema,
  resolvers: leaderboardResolvers,
  routes: leaderboardRoutes,
  examples: [
    {
      title: 'Watch the top move',
      operation: `subscription WatchTop {
  leaderboardTop(first: 10, everyMs: 250) {
    at
    entries { rank score userId user { name } }
    changes { userId from to }
  }
}`,
    },
    {
      title: 'Top ten',
      operation: `query TopTen {
  leaderboard {
    name
    total
    top(first: 10) {
      nodes { rank score user { name pictureUrl } }
    }
  }
}`,
    },
    {
      title: 'Record a match (needs scores:write)',
      operation: `mutation RecordMatch($matchId: ID!) {
  recordMatch(input: { matchId: $matchId, results: [{ userId: "ada", points: 3 }, { userId: "grace", points: 1 }], waitForRank: true }) {
    __typename
    ... on MatchRecorded { applied duplicate results { userId points entry { rank score } } }
    ... on Refusal { field message }
  }
}`,
      variables: { matchId: 'match-1' },
    },
    {
      title: 'Around a player',
      operation: `query Around($userId: ID!) {
  leaderboard {
    rank(userId: $userId) { rank score }
    around(userId: $userId, above: 4, below: 4) { rank score user { name } }
  }
}`,
      variables: { userId: 'ada' },
    },
  ],
});
