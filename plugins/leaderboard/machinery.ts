import { createRepository, type Repository, type StandingRow } from '../../drizzle/leaderboard/repository.ts';
import {
  createProjection,
  createTopics,
  logSource,
  type Projection,
  readerSource,
  type ServiceContext,
  type Topics,
  type Work,
} from '../kernel/index.ts';
import { type Boards, createBoards } from './boards.ts';
import { type Broadcast, createBroadcast } from './broadcast.ts';
import { DEFAULT_BOARD } from './default-board.ts';
import { decodeEvent } from './event.ts';
import { createHotReads, type HotReads } from './hot-reads.ts';
import { createHotSink, type Moved } from './hot-sink.ts';
import { createHotState, type HotState } from './hot-state.ts';
import { type Move, type Moves, mergeMoves, movesTopic, PROGRESS_TOPIC } from './moves.ts';
import type { LeaderboardNeeds, LeaderboardUses } from './needs.ts';
import type { LeaderboardOptions } from './options.ts';
import { createRecordSink } from './record.ts';

export type LeaderboardContext = ServiceContext<LeaderboardNeeds, LeaderboardUses, LeaderboardOptions>;

/**
 * The wheels behind the service:
 *
 *   log `scores` ─► record projection ─► standings ─► hot projection ─► ranked set ─► moves on pub-sub
 */
export interface Machinery {
  readonly repository: Repository;
  readonly boards: Boards;
  readonly state: HotState;
  readonly reads: HotReads;
  readonly topics: Topics;
  readonly broadcast: Broadcast;
  readonly record: Projection;
  readonly hot: Projection;
  readonly work: readonly Work[];
}

export const SCORES = 'scores';
const KEEP_EVERY_MS = 1_000;
/** Steps with more players than this are announced without saying how each moved. */
const MOVES_MAX = 200;

export async function startMachinery(context: LeaderboardContext): Promise<Machinery> {
  const { ports, options, clock } = context;
  const { partitions } = options;
  const ranked = ports.boards.api;
  const repository = createRepository(ports.record.api);
  await ports.scores.api.declare(SCORES, { partitions });
  await repository.declareParts(partitions);
  await repository.insertBoard({ ...DEFAULT_BOARD, createdAtMs: clock.now() });
  const boards = createBoards(repository, context);
  await boards.reload();

  const state = createHotState(ranked, partitions, context);
  const reads = createHotReads(ranked, state);
  const topics = createTopics(ports.feed.api, context);
  const broadcast = createBroadcast(topics, context);
  const holder = context.random.id();
  const holding = { lease: ports.leases.api, holder };
  const announce = (kind: Progress['kind'], partition: number, position: number) => {
    if (ports.feed.caps.scope === 'cluster') broadcast.post<Progress>(`${PROGRESS_TOPIC}`, () => ({ kind, partition, position }));
  };

  const standings = readerSource<StandingRow>(
    {
      async read(partition, { after, limit }) {
        const { rows, head } = await repository.changes(partition, after, limit);
        const records = rows.map((value) => ({ position: value.position, atMs: value.reachedAtMs, value }));
        return { records, poison: [], position: rows.length < limit ? head : (rows.at(-1)?.position ?? head) };
      },
      ends: () => repository.recordPositions(partitions),
    },
    partitions,
  );
  const record = createProjection({
    name: 'record',
    source: logSource(ports.scores.api, SCORES, partitions, decodeEvent),
    sink: createRecordSink(repository, boards, (partition, after, batch) => {
      standings.offer(partition, after, batch);
      announce('record', partition, batch.position);
    }),
    holding,
    environment: context,
  });
  const sinkOf = (generation: () => number, isLive: boolean) =>
    createHotSink(
      {
        ranked,
        boards,
        state,
        ...(isLive
          ? {
              onBefore: (moved: readonly Moved[]) => standsBefore(reads, boards, moved),
              onApplied: (partition: number, position: number, moved: readonly Moved[], before: unknown) => {
                announce('hot', partition, position);
                for (const one of moved) {
                  const bytesMax = Math.min(ports.feed.caps.messageBytesMax, MESSAGE_BYTES) - 256;
                  const next = movesOf(one, before as StandsBefore);
                  broadcast.post<Moves>(movesTopic(one.boardId), (pending) => mergeMoves(pending, next, bytesMax));
                }
              },
            }
          : {}),
      },
      generation,
    );
  const hot = createProjection<StandingRow>({
    name: 'hot',
    source: standings,
    sink: {
      ...sinkOf(state.generation, true),
      shadow: () => {
        const previous = state.generation();
        const next = previous + 1;
        return Promise.resolve({
          sink: sinkOf(() => next, false),
          async swap() {
            await state.promote(next);
            await dropGeneration(repository, boards, reads, previous);
          },
        });
      },
    },
    ...(ports.boards.caps.scope === 'cluster' ? { holding } : {}),
    environment: context,
  });

  const heard = (progress: Progress) => {
    if (progress.kind === 'record') {
      record.observed(progress.partition, progress.position);
      standings.nudge(progress.partition);
    } else if (ports.boards.caps.scope === 'cluster') hot.observed(progress.partition, progress.position);
  };
  /** Progress of other processes whose messages were lost, or that have no way to send any. */
  const observe = async (signal: AbortSignal) => {
    const recorded = await repository.recordPositions(partitions);
    if (signal.aborted) return;
    for (const [partition, position] of recorded.entries()) {
      record.observed(partition, position);
      if (ports.boards.caps.scope === 'cluster') hot.observed(partition, state.seen(partition));
    }
  };
  const keeper: Work = {
    name: 'hot-keeper',
    status: () => ({ state: 'running', detail: `generation ${state.generation()}` }),
    async run(signal) {
      const listening = listen(topics, signal, heard, () => {
        for (let partition = 0; partition < partitions; partition++) standings.nudge(partition);
      });
      while (!signal.aborted) {
        const previous = state.generation();
        if (await state.verify({ signal }).catch(() => false)) {
          hot.reread();
          await dropGeneration(repository, boards, reads, previous).catch(() => undefined);
        }
        await observe(signal).catch(() => undefined);
        await clock.sleep(KEEP_EVERY_MS, signal);
      }
      await listening;
    },
  };
  const hotWork: Work = {
    name: hot.name,
    status: () => hot.status(),
    async run(signal) {
      await state.verify({ signal });
      await hot.run(signal);
    },
  };
  return { repository, boards, state, reads, topics, broadcast, record, hot, work: [record, hotWork, keeper] };
}

interface Progress {
  readonly kind: 'record' | 'hot';
  readonly partition: number;
  readonly position: number;
}

const MESSAGE_BYTES = 32_768;

async function listen(topics: Topics, signal: AbortSignal, onProgress: (progress: Progress) => void, onGap: () => void): Promise<void> {
  for await (const { messages, gap } of await topics.listen(PROGRESS_TOPIC, { signal, buffer: 4_096 })) {
    if (gap) onGap();
    for (const message of messages) onProgress(JSON.parse(message) as Progress);
  }
}

type StandsBefore = ReadonlyMap<string, Move['from']> | undefined;

/** Where the players of a step stood; undefined when the step is too big to say. */
async function standsBefore(reads: HotReads, boards: Boards, moved: readonly Moved[]): Promise<StandsBefore> {
  if (moved.reduce((sum, { rows }) => sum + rows.length, 0) > MOVES_MAX) return undefined;
  const stands = new Map<string, Move['from']>();
  for (const { boardId, seasonId, rows } of moved) {
    const board = await boards.find(boardId);
    if (board === null) continue;
    const found = await reads.lookup(
      board,
      seasonId,
      rows.map((row) => row.member),
    );
    for (const [at, row] of rows.entries()) {
      const entry = found[at];
      stands.set(`${boardId}@${seasonId} ${row.member}`, entry ? { score: entry.score, reachedAtMs: entry.reachedAtMs } : null);
    }
  }
  return stands;
}

function movesOf({ boardId, seasonId, rows }: Moved, before: StandsBefore): Moves {
  if (before === undefined) return { moves: [], isComplete: false };
  return {
    isComplete: true,
    moves: rows.map((row) => ({
      seasonId,
      userId: row.member,
      from: before.get(`${boardId}@${seasonId} ${row.member}`) ?? null,
      to: row.removed ? null : { score: row.score, reachedAtMs: row.reachedAtMs },
    })),
  };
}

async function dropGeneration(repository: Repository, boards: Boards, reads: HotReads, generation: number): Promise<void> {
  for (const season of await repository.openSeasons()) {
    const board = await boards.find(season.boardId);
    if (board !== null) await reads.drop(board, season.id, generation);
  }
}
