import { hold, type Refusal, refuse, type Work } from '../kernel/index.ts';
import type { SeasonState } from './board.ts';
import { sealRecord } from './event.ts';
import { type LeaderboardContext, type Machinery, SCORES } from './machinery.ts';
import { sealedTopic } from './moves.ts';
import type { Seasons } from './seasons.ts';

/** `sealing`: it takes no more results, and its final ranks are being written. */
export type SealOutcome =
  | { readonly kind: 'sealed' | 'sealing'; readonly boardId: string; readonly season: SeasonState }
  | Refusal<'not-found'>;

export interface Sealing {
  readonly work: Work;
  /** Ends a season now, or answers the one that has ended. Waits up to the option `waitMs` for the final ranks. */
  seal(boardId: string, seasonId: string | null, options: { readonly signal: AbortSignal }): Promise<SealOutcome>;
}

const EVERY_MS = 1_000;
/** Sealed seasons remembered as dropped; dropping one again does no harm. */
const DROPPED_MAX = 10_000;
const LEASE_TTL_MS = 5_000;

/**
 * Ends seasons: first the end marker goes into every partition of the log, so that all results before it count and all after it do not,
 * then, when the record has passed all markers, everybody's final rank is written in one statement. One process does it; every step may be
 * done again.
 */
export function createSealing(context: LeaderboardContext, machinery: Machinery, seasons: Seasons): Sealing {
  const { clock, options, ports, log } = context;
  const { boards, repository, reads, broadcast } = machinery;
  const justSealed = new Set<SeasonState>();
  const dropped = new Set<string>();

  const mark = async (season: SeasonState, atMs: number) => {
    await repository.markClosing(season, atMs);
    const marker = { kind: 'seal', boardId: season.boardId, seasonId: season.id } as const;
    await ports.scores.api.append(
      SCORES,
      Array.from({ length: options.partitions }, (_, partition) => sealRecord(marker, partition)),
    );
  };
  const finish = async (season: SeasonState) => {
    const board = await boards.find(season.boardId);
    if (board === null) return;
    const sealed = await repository.seal(board.id, season.id, options.partitions, board, clock.now());
    if (sealed === null) return;
    learn(sealed);
    broadcast.post(sealedTopic(board.id), () => sealed);
    log.info('a season is sealed', { board: board.id, season: season.id, players: sealed.players });
  };
  /** Its hot boards go twice: a step that was under way may have written to them once more. */
  const learn = (season: SeasonState) => {
    seasons.close(season);
    const key = `${season.boardId}@${season.id}`;
    if (season.sealedAtMs === null || dropped.has(key)) return;
    dropped.add(key);
    justSealed.add(season);
    const [oldest] = dropped;
    if (dropped.size > DROPPED_MAX && oldest !== undefined) dropped.delete(oldest);
  };
  const dropSealed = async () => {
    for (const season of justSealed) {
      const board = await boards.find(season.boardId);
      if (board !== null) await reads.drop(board, season.id);
      if (clock.now() - (season.sealedAtMs ?? 0) > 2 * EVERY_MS) justSealed.delete(season);
    }
  };
  const advance = async () => {
    const now = clock.now();
    for (const due of await repository.dueSeasons(now - options.graceMs)) if (due.closingAtMs === null) await mark(due, now);
    for (const closing of await repository.closingSeasons()) {
      // A process that died between the note and the markers leaves this to do.
      await mark(closing, now);
      await finish(closing);
    }
  };
  const lead = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      await advance();
      await clock.sleep(EVERY_MS, signal);
    }
  };
  const follow = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      for (const season of await repository.lastClosed(100)) learn(season);
      await dropSealed();
      await clock.sleep(EVERY_MS, signal);
    }
  };

  let isLeading = false;
  const work: Work = {
    name: 'seasons',
    status: () => ({ state: isLeading ? 'running' : 'standby' }),
    async run(outer) {
      const ended = new AbortController();
      const signal = AbortSignal.any([outer, ended.signal]);
      const holder = context.random.id();
      const leading = async () => {
        while (!signal.aborted) {
          await hold({ lease: ports.leases.api, name: 'seasons', holder, ttlMs: LEASE_TTL_MS, clock, signal }, async (held) => {
            isLeading = true;
            await lead(held);
          });
          isLeading = false;
        }
      };
      const loops = [leading(), follow(signal)];
      try {
        await Promise.all(loops);
      } finally {
        ended.abort();
        await Promise.allSettled(loops);
      }
    },
  };

  return {
    work,
    async seal(boardId, seasonId, { signal }) {
      const board = await boards.find(boardId);
      if (board === null) return refuse('not-found', 'boardId', `there is no board ${JSON.stringify(boardId)}`);
      const season = await seasons.find(board, seasonId);
      if (season === null) return refuse('not-found', 'seasonId', `there is no season ${JSON.stringify(seasonId)}`);
      if (season.sealedAtMs !== null) return { kind: 'sealed', boardId, season };
      const closing = { ...season, closingAtMs: season.closingAtMs ?? clock.now() };
      await mark(closing, closing.closingAtMs);
      seasons.close(closing);
      const until = AbortSignal.any([signal, AbortSignal.timeout(options.waitMs)]);
      while (!until.aborted) {
        await finish(closing);
        const now = await repository.season(boardId, season.id);
        if (now !== null && now.sealedAtMs !== null) {
          learn(now);
          await dropSealed();
          return { kind: 'sealed', boardId, season: now };
        }
        await clock.sleep(50, until);
      }
      return { kind: 'sealing', boardId, season: closing };
    },
  };
}
