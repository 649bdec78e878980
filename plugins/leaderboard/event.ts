import { createHash } from 'node:crypto';
import type { LogRecord, NewRecord } from '../../ports/index.ts';

/**
 * What the log `scores` holds. `atMs` is left out of a score when the game named no instant: the log's own clock counts then, so that a
 * retried request is the same record.
 */
export type ScoreEvent =
  | {
      readonly kind: 'score';
      readonly boardId: string;
      readonly matchId: string;
      readonly userId: string;
      readonly points: number;
      readonly atMs?: number;
    }
  | { readonly kind: 'remove'; readonly boardId: string; readonly seasonId: string; readonly userId: string }
  | { readonly kind: 'seal'; readonly boardId: string; readonly seasonId: string };

/** One player's result of one match: the log takes it once. */
export function scoreRecord(event: ScoreEvent & { kind: 'score' }): NewRecord {
  const at = event.atMs === undefined ? {} : { t: event.atMs };
  return {
    key: event.userId,
    id: dedupeId('score', event.boardId, event.matchId, event.userId),
    data: JSON.stringify({ k: 's', b: event.boardId, m: event.matchId, u: event.userId, p: event.points, ...at }),
  };
}

export function removeRecord(event: ScoreEvent & { kind: 'remove' }): NewRecord {
  return { key: event.userId, data: JSON.stringify({ k: 'r', b: event.boardId, s: event.seasonId, u: event.userId }) };
}

/** The marker that ends a season in one partition: results after it are too late. */
export function sealRecord(event: ScoreEvent & { kind: 'seal' }, partition: number): NewRecord {
  return {
    key: `seal:${event.boardId}:${event.seasonId}`,
    partition,
    id: dedupeId('seal', event.boardId, event.seasonId),
    data: JSON.stringify({ k: 'e', b: event.boardId, s: event.seasonId }),
  };
}

/** Throws on data that no version of this plugin wrote. */
export function decodeEvent(record: LogRecord): ScoreEvent {
  const data = JSON.parse(record.data) as Readonly<Record<string, unknown>>;
  const boardId = text(data, 'b');
  switch (data['k']) {
    case 's': {
      const at = data['t'] === undefined ? {} : { atMs: integer(data, 't') };
      return { kind: 'score', boardId, matchId: text(data, 'm'), userId: text(data, 'u'), points: integer(data, 'p'), ...at };
    }
    case 'r':
      return { kind: 'remove', boardId, seasonId: text(data, 's'), userId: text(data, 'u') };
    case 'e':
      return { kind: 'seal', boardId, seasonId: text(data, 's') };
    default:
      throw new Error('a score record of an unknown kind');
  }
}

/** Hashed, because ids of 128 bytes each would not fit a dedupe id together. */
const dedupeId = (...parts: readonly string[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

function text(data: Readonly<Record<string, unknown>>, name: string): string {
  const value = data[name];
  if (typeof value !== 'string' || value === '') throw new Error(`a score record without ${name}`);
  return value;
}

function integer(data: Readonly<Record<string, unknown>>, name: string): number {
  const value = data[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw new Error(`a score record without a whole ${name}`);
  return value;
}
