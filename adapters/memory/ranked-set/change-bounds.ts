import type { Change } from '../../../ports/index.ts';
import { checkInteger, checkText, PortError } from '../../kit/index.ts';
import { TEXT_BYTES_MAX } from '../intern/record-heap.ts';

export const CHANGES_MAX = 5000;
const MAX = Number.MAX_SAFE_INTEGER;

/** Checks what can be told without the board. A member of up to 42 UTF-16 units cannot exceed 128 bytes, so most need no counting. */
export function checkChanges(changes: readonly Change[]): void {
  if (changes.length > CHANGES_MAX) throw new PortError('INVALID_ARGUMENT', `at most ${CHANGES_MAX} changes at once`);
  for (const change of changes) {
    checkMember(change.member);
    if (change.position !== undefined) checkInteger('position', change.position, 0, MAX);
    if (change.op === 'remove') continue;
    if (change.op !== 'add' && change.op !== 'set' && change.op !== 'max' && change.op !== 'min') {
      throw new PortError('INVALID_ARGUMENT', `there is no change ${String(change.op satisfies never)}`);
    }
    checkInteger('score', change.score, -MAX, MAX);
    checkInteger('tie', change.tie, 0, MAX);
  }
}

export function checkMember(member: string): void {
  if (member.length === 0 || member.length > 42) checkText('member', member, TEXT_BYTES_MAX);
  if (!member.isWellFormed()) throw new PortError('INVALID_ARGUMENT', 'member must be well-formed Unicode');
}

/**
 * Throws when a sum would leave ±(2^53 - 1), before anything is changed. Sums that cannot get there even if they all fell on the
 * largest score of the board are waved through; only then are the changes gone through one by one.
 */
export function assertWithinBounds(
  changes: readonly Change[],
  isNew: (change: Change) => boolean,
  scoreMax: number,
  scoreOf: (member: string) => number | undefined,
): void {
  let reach = scoreMax;
  for (const change of changes) if (change.op !== 'remove') reach += Math.abs(change.score);
  if (reach <= MAX) return;
  const scores = new Map<string, number | undefined>();
  for (const change of changes) {
    if (!isNew(change)) continue;
    if (change.op === 'remove') {
      scores.set(change.member, undefined);
      continue;
    }
    const score = scores.has(change.member) ? scores.get(change.member) : scoreOf(change.member);
    const next = score === undefined ? change.score : nextScore(change.op, score, change.score);
    if (!Number.isSafeInteger(next)) throw new PortError('INVALID_ARGUMENT', `the score of ${change.member} would leave ±(2^53 - 1)`);
    scores.set(change.member, next);
  }
}

export function nextScore(op: 'set' | 'add' | 'max' | 'min', score: number, given: number): number {
  switch (op) {
    case 'set':
      return given;
    case 'add':
      return score + given;
    case 'max':
      return given > score ? given : score;
    case 'min':
      return given < score ? given : score;
    default:
      return op satisfies never;
  }
}
