import { type Change, type Instance, type OpenContext, PortError, type Ranked, type RankedSet } from '../../ports/index.ts';
import { checkInteger, checkText, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import type { RedisConn } from './connection.ts';
import { copyAcrossSlots } from './ranked-copy.ts';
import { decodeTie, encodeTie, TIE_LENGTH } from './ranked-member.ts';

/**
 * Boards as sorted sets. One board is four keys under one hash tag:
 *
 *   portico:{<ns>:rs:<head>}<rest>:z   zset  tie + member -> negated score; ascending, so ZRANGE is the board's order
 *   portico:{<ns>:rs:<head>}<rest>:h   hash  member -> tie, which finds a member in z
 *   portico:{<ns>:rs:<head>}<rest>:c   hash  e: the board exists · @<source>: checkpoint · x: expiry · d: distinct scores are kept
 *   portico:{<ns>:rs:<head>}<rest>:d   zset  distinct negated scores; made by the first `distinctAbove`, then kept by `apply`
 *
 * `head` is the board's name up to the first `~`, `rest` what follows from there: boards `x` and `x~anything` live in one slot of a
 * Cluster, and `replace` between them is one rename. Between other names a Cluster copies first (`ranked-copy.ts`).
 *
 * Cost: an applied change is a lookup and up to four writes inside one script call per `apply`. The first `distinctAbove` on a board (and
 * after each `replace` by a board without the list) holds the engine for O(n), about a second per million members; from then on
 * a changed score costs two more writes, and each distinct score about 100 bytes.
 */
export async function openRankedSet(conn: RedisConn, { namespace }: OpenContext): Promise<Instance<RankedSet>> {
  const ask = createAsk(conn, 'ranked-set');
  const keysOf = (board: string): Keys => {
    checkText('board', board, 200);
    const at = board.indexOf('~');
    const [head, rest] = at < 0 ? [board, ''] : [board.slice(0, at), board.slice(at)];
    const base = `portico:{${namespace}:rs:${head}}${rest}`;
    return [`${base}:z`, `${base}:h`, `${base}:c`, `${base}:d`];
  };

  const api: RankedSet = {
    async apply(board, changes, { checkpoint, signal } = {}) {
      const keys = keysOf(board);
      if (changes.length > 5000) throw invalid('an apply takes 5000 changes at most');
      const stride = changes.some((change) => change.position !== undefined) ? 5 : 4;
      const args: (string | number)[] = [checkpoint?.source ?? '', checkpoint?.position ?? 0, stride];
      if (checkpoint !== undefined) {
        checkText('source', checkpoint.source, 200);
        checkInteger('position', checkpoint.position, 0, Number.MAX_SAFE_INTEGER);
      }
      for (const change of changes) encodeChange(change, stride, args);
      if (changes.length === 0 && checkpoint === undefined) return { applied: 0 };
      const answer = await ask.write(signal, () => ask.script('porticoRankedApply', ...keys, ...args));
      const [applied = 0, index = 0] = answer as number[];
      if (applied < 0) throw invalid(`change ${index} takes the score of its member past ±(2^53 - 1)`);
      return { applied };
    },

    async checkpoints(boards, source, { signal } = {}) {
      checkText('source', source, 200);
      const keys = boards.map((board) => keysOf(board)[2]);
      const found = await ask.read(signal, () => Promise.all(keys.map(async (key) => conn.client.hget(key, `@${source}`))));
      return found.map((position) => Number(position ?? 0));
    },

    async lookup(board, members, { signal } = {}) {
      const [z, h] = keysOf(board);
      for (const member of members) checkText('member', member, 128);
      if (members.length === 0) return [];
      const flat = (await ask.read(signal, () => ask.script('porticoRankedLookup', z, h, ...members))) as (string | number | null)[];
      return members.map((member, i) => {
        const tie = flat[i * 4];
        if (typeof tie !== 'string') return null;
        return {
          member,
          score: toScore(String(flat[i * 4 + 1])),
          tie: decodeTie(tie),
          rank: Number(flat[i * 4 + 2]),
          above: Number(flat[i * 4 + 3]),
        };
      });
    },

    async range(board, window, { signal } = {}) {
      const [z] = keysOf(board);
      checkInteger('from', window.from, 0, Number.MAX_SAFE_INTEGER);
      checkInteger('limit', window.limit, 1, 1000);
      // A rank past 2^40 is past every board; the engine counts in signed 64-bit integers.
      const from = Math.min(window.from, 2 ** 40);
      return toPage(await ask.read(signal, () => ask.script('porticoRankedRange', z, from, from + window.limit - 1)));
    },

    async around(board, member, span, { signal } = {}) {
      const [z, h] = keysOf(board);
      checkText('member', member, 128);
      checkInteger('before', span.before, 0, 500);
      checkInteger('after', span.after, 0, 500);
      return toPage(await ask.read(signal, () => ask.script('porticoRankedAround', z, h, member, span.before, span.after)));
    },

    async count(board, scores, { signal } = {}) {
      const [z] = keysOf(board);
      const negated = scores.map(negate);
      if (scores.length === 0) return [];
      const flat = (await ask.read(signal, () => ask.script('porticoRankedCount', z, ...negated))) as number[];
      return scores.map((_, i) => ({ above: flat[i * 2] ?? 0, at: flat[i * 2 + 1] ?? 0 }));
    },

    async distinctAbove(board, scores, { signal } = {}) {
      const keys = keysOf(board);
      const negated = scores.map(negate);
      if (scores.length === 0) return [];
      return (await ask.read(signal, () => ask.script('porticoRankedDistinct', ...keys, ...negated))) as number[];
    },

    async size(boards, { signal } = {}) {
      const keys = boards.map((board) => keysOf(board)[0]);
      return ask.read(signal, () => Promise.all(keys.map(async (key) => conn.client.zcard(key))));
    },

    async replace(board, from) {
      const to = keysOf(board);
      const source = keysOf(from);
      const isThere = await ask.write(undefined, async () => {
        if (board === from) return conn.client.exists(source[2]);
        if (conn.isSameSlot(to[0], source[0])) return ask.script('porticoRankedReplace', ...source, ...to);
        return copyAcrossSlots(conn, ask, source, to);
      });
      if (isThere !== 1) throw new PortError('NOT_FOUND', `there is no board ${from}`, { port: 'ranked-set', adapter: 'redis' });
    },

    async drop(boards) {
      const keys = boards.map(keysOf);
      const counts = await ask.write(undefined, () => Promise.all(keys.map(async (four) => conn.client.unlink(...four))));
      return counts.map((count) => count > 0);
    },

    async expire(board, atMs) {
      const keys = keysOf(board);
      checkInteger('atMs', atMs, 0, Number.MAX_SAFE_INTEGER);
      await ask.write(undefined, () => ask.script('porticoRankedExpire', ...keys, atMs));
    },
  };
  return openInstance(api, { port: 'ranked-set', adapter: 'redis', health: conn.health });
}

/** z, h, c, d. */
export type Keys = readonly [string, string, string, string];

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'ranked-set', adapter: 'redis' });

function encodeChange(change: Change, stride: number, args: (string | number)[]): void {
  checkText('member', change.member, 128);
  if (change.op === 'remove') args.push(change.op, change.member, 0, '');
  else {
    if (!['set', 'add', 'max', 'min'].includes(change.op)) throw invalid(`there is no change ${String(change.op)}`);
    checkInteger('score', change.score, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    checkInteger('tie', change.tie, 0, Number.MAX_SAFE_INTEGER);
    args.push(change.op, change.member, change.score, encodeTie(change.tie));
  }
  if (change.position !== undefined) checkInteger('position', change.position, 0, Number.MAX_SAFE_INTEGER);
  if (stride === 5) args.push(change.position ?? '');
}

function negate(score: number): string {
  checkInteger('score', score, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  return String(0 - score);
}

/** Never -0. */
const toScore = (negated: string) => 0 - Number(negated);

/** Only the first entry's `above` has to be asked for: a lower score's is its own rank. */
function toPage(answer: unknown): Ranked[] {
  const [from, firstAbove, flat] = answer as [string, number, string[]];
  const page: Ranked[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const text = flat[i] ?? '';
    const score = toScore(flat[i + 1] ?? '');
    const rank = Number(from) + page.length;
    const previous = page.at(-1);
    const above = previous === undefined ? firstAbove : previous.score === score ? previous.above : rank;
    page.push({ member: text.slice(TIE_LENGTH), score, tie: decodeTie(text), rank, above });
  }
  return page;
}
