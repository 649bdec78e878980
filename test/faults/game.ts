import { randomUUID } from 'node:crypto';

const RECORD = `mutation Record($input: RecordMatchInput!) { recordMatch(input: $input) { __typename ... on MatchRecorded { duplicate } ... on Refusal { field message } } }`;
const BOARD = `query Board($first: Int!) { leaderboard { total top(first: $first) { nodes { userId score rank } } } }`;
const PLAYERS = 60;
const PLAYERS_PER_MATCH = 3;
const IN_FLIGHT = 12;
const TRY_AGAIN_MS = 25;

interface Match {
  readonly matchId: string;
  readonly results: readonly { readonly userId: string; readonly points: number }[];
}

export interface Standing {
  readonly userId: string;
  readonly score: number;
  readonly rank: number;
}

export interface Game {
  /** Plays until the signal aborts: every worker sends its match again and again until it is acknowledged. */
  play(signal: AbortSignal): Promise<void>;
  /** Sends what was not acknowledged once more, until all is. */
  settle(): Promise<void>;
  /** What the board must say: the sum of every match, each counted once. */
  expected(): ReadonlyMap<string, number>;
  /** What the board says. */
  board(): Promise<readonly Standing[]>;
  /** Numbers for the test's output. */
  readonly tally: { readonly matches: number; readonly requests: number; readonly duplicates: number };
}

/** A game server that trusts nothing but acknowledgements: a match without one is sent again with the same id. */
export function createGame(url: string, token: string): Game {
  const totals = new Map<string, number>();
  const open = new Set<Match>();
  const tally = { matches: 0, requests: 0, duplicates: 0 };
  const ask = async (query: string, variables: unknown): Promise<Record<string, never>> => {
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    const { data, errors } = (await answer.json()) as { data?: Record<string, never>; errors?: unknown };
    if (errors !== undefined || data === undefined) throw new Error(JSON.stringify(errors));
    return data;
  };

  /** True when it is acknowledged. A refusal is never right here, so it is thrown. */
  const send = async (match: Match): Promise<boolean> => {
    tally.requests += 1;
    let outcome: { __typename: string; duplicate?: boolean };
    try {
      outcome = (await ask(RECORD, { input: match }))['recordMatch'] as unknown as typeof outcome;
    } catch {
      return false;
    }
    if (outcome.__typename !== 'MatchRecorded') throw new Error(`refused: ${JSON.stringify(outcome)}`);
    if (outcome.duplicate) tally.duplicates += 1;
    tally.matches += 1;
    open.delete(match);
    for (const { userId, points } of match.results) totals.set(userId, (totals.get(userId) ?? 0) + points);
    return true;
  };
  const work = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const match = drawMatch();
      open.add(match);
      while (!(await send(match)) && !signal.aborted) await pause();
    }
  };
  return {
    tally,
    async play(signal) {
      await Promise.all(Array.from({ length: IN_FLIGHT }, () => work(signal)));
    },
    async settle() {
      for (const match of open) while (!(await send(match))) await pause();
    },
    expected: () => totals,
    board: async () => ((await ask(BOARD, { first: PLAYERS }))['leaderboard'] as unknown as { top: { nodes: Standing[] } }).top.nodes,
  };
}

/** Ends the play after this long. */
export const forMs = (ms: number): AbortSignal => AbortSignal.timeout(ms);

/** Waits until the board says exactly what the acknowledged matches add up to; says what differs when it never does. */
export async function untilExact(game: Game, deadlineMs = 20_000): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const wrong = await difference(game);
    if (wrong === undefined) return;
    if (Date.now() > deadline) throw new Error(wrong);
    await pause();
  }
}

async function difference(game: Game): Promise<string | undefined> {
  const board = await game.board().catch((error: unknown) => String(error));
  if (typeof board === 'string') return board;
  const expected = game.expected();
  const shown = new Map(board.map(({ userId, score }) => [userId, score]));
  if (shown.size !== expected.size) return `${shown.size} players on the board, ${expected.size} expected`;
  for (const [userId, score] of expected)
    if (shown.get(userId) !== score) return `${userId} has ${shown.get(userId)}, acknowledged were ${score}`;
  return undefined;
}

function drawMatch(): Match {
  const drawn = new Set<string>();
  while (drawn.size < PLAYERS_PER_MATCH) drawn.add(`p${Math.floor(Math.random() * PLAYERS)}`);
  return { matchId: randomUUID(), results: [...drawn].map((userId) => ({ userId, points: 1 + Math.floor(Math.random() * 100) })) };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
