import { randomUUID } from 'node:crypto';
import type { Api } from './client.ts';
import { demoPlayers, type Player } from './players.ts';

const PROFILES_PER_CALL = 200;
const PLAYERS_PER_MATCH_MIN = 2;
const PLAYERS_PER_MATCH_MAX = 8;
const POINTS_FOR_WINNING = 100;
const MATCHES_IN_FLIGHT_MAX = 32;
const TICK_MS = 50;
const REPORT_MS = 5_000;

const SAVE_PROFILES = `mutation SaveProfiles($profiles: [ProfileInput!]!) { saveProfiles(profiles: $profiles) { __typename ... on Refusal { field message } } }`;
const RECORD_MATCH = `mutation RecordMatch($match: RecordMatchInput!) { recordMatch(input: $match) { __typename ... on Refusal { field message } } }`;

export interface LeaderboardDemo {
  readonly api: Api;
  readonly players: number;
  readonly matchesPerSecond: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Creates the players, then plays matches at a steady rate until the signal aborts. Never more than a fixed number of requests in flight. */
export async function playMatches({ api, players: count, matchesPerSecond, signal, say }: LeaderboardDemo): Promise<void> {
  const players = demoPlayers(count);
  for (let from = 0; from < players.length && !signal.aborted; from += PROFILES_PER_CALL) {
    const profiles = players.slice(from, from + PROFILES_PER_CALL).map(({ id, name }) => ({ id, name }));
    await api.ask(SAVE_PROFILES, { profiles });
  }
  say(`${players.length} players have profiles; ${matchesPerSecond} matches a second begin`);
  const tally = { matches: 0, results: 0, refused: 0, failed: 0, inFlight: 0 };
  const play = async () => {
    tally.inFlight += 1;
    try {
      const match = drawMatch(players);
      const { recordMatch } = await api.ask<{ recordMatch: { __typename: string } }>(RECORD_MATCH, { match });
      if (recordMatch.__typename !== 'MatchRecorded') tally.refused += 1;
      else {
        tally.matches += 1;
        tally.results += match.results.length;
      }
    } catch {
      tally.failed += 1;
    } finally {
      tally.inFlight -= 1;
    }
  };
  await pace(
    matchesPerSecond,
    signal,
    () => tally.inFlight < MATCHES_IN_FLIGHT_MAX,
    play,
    () => say(report(tally)),
  );
}

/** Starts what is due every tick; what could not start for want of room is not made up for. */
async function pace(
  perSecond: number,
  signal: AbortSignal,
  hasRoom: () => boolean,
  start: () => Promise<void>,
  report: () => void,
): Promise<void> {
  let due = 0;
  let reportAtMs = Date.now() + REPORT_MS;
  let beforeMs = Date.now();
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    const nowMs = Date.now();
    due = Math.min(due + ((nowMs - beforeMs) * perSecond) / 1000, perSecond);
    beforeMs = nowMs;
    for (; due >= 1 && hasRoom(); due -= 1) void start();
    if (nowMs >= reportAtMs) {
      report();
      reportAtMs = nowMs + REPORT_MS;
    }
  }
}

/** Draws players, the regulars more often, and ranks them by skill and luck; the winner gets most. */
function drawMatch(players: readonly Player[]) {
  const size = PLAYERS_PER_MATCH_MIN + Math.floor(Math.random() * (PLAYERS_PER_MATCH_MAX - PLAYERS_PER_MATCH_MIN + 1));
  const drawn = new Set<Player>();
  while (drawn.size < Math.min(size, players.length)) {
    const player = players[Math.floor(Math.random() ** 2 * players.length)];
    if (player) drawn.add(player);
  }
  const placed = [...drawn].map((player) => ({ player, form: player.skill * Math.random() })).toSorted((a, b) => b.form - a.form);
  return {
    matchId: randomUUID(),
    results: placed.map(({ player }, place) => ({ userId: player.id, points: Math.round(POINTS_FOR_WINNING / (place + 1)) })),
  };
}

const report = (tally: { matches: number; results: number; refused: number; failed: number }) =>
  `${tally.matches} matches played, ${tally.results} scores recorded${tally.refused > 0 ? `, ${tally.refused} refused` : ''}${tally.failed > 0 ? `, ${tally.failed} failed` : ''}`;
