import type { Change, Checkpoint, Ranked } from '../../../ports/index.ts';
import { PortError } from '../../kit/index.ts';
import { Interner } from '../intern/interner.ts';
import { assertWithinBounds, nextScore } from './change-bounds.ts';
import { RankedTree } from './ranked-tree.ts';

/**
 * One board: members by id, and the same members by rank.
 *
 *   'user:42' ─► Interner ─► handle ─► record [ score f64 | tie f64 | id ]          what a member has
 *                              │
 *   RankedTree  (score ↓, tie ↑, id ↑) ─► handle                                    where it stands
 *   distinct    RankedTree over the scores themselves; built by the first `distinctAbove`, kept from then on
 *
 * Per member with an id of 13 bytes: 32 B record, 10–20 B slot, 22–30 B tree; 72 B at 25 M. An increment is one hash lookup and one or two
 * descents of 3–4 levels; a rank is one lookup and one descent.
 */
export class Board {
  readonly #members = new Interner(2);
  readonly #tree = new RankedTree((a, b) => this.#members.heap.compare(a, b));
  readonly #checkpoints = new Map<string, number>();
  #distinct: RankedTree | undefined;
  /** Place in the queue of expiring boards; see `ExpiryHeap`. */
  expirySlot = 0;

  get size(): number {
    return this.#tree.size;
  }

  /** Bytes of all structures, their free room included. */
  get bytes(): number {
    return this.#members.bytes + this.#tree.bytes + (this.#distinct?.bytes ?? 0);
  }

  /** Applies all changes above the checkpoint or, when one would leave the bounds, none. The shape of the input is checked before. */
  apply(changes: readonly Change[], checkpoint: Checkpoint | undefined): number {
    const reached = checkpoint === undefined ? -1 : this.checkpoint(checkpoint.source);
    const isNew = (change: Change) => checkpoint === undefined || (change.position ?? checkpoint.position) > reached;
    assertWithinBounds(changes, isNew, this.#scoreMax(), (member) => this.#scoreOf(member));
    let applied = 0;
    let position = checkpoint?.position ?? 0;
    for (const change of changes) {
      if (!isNew(change)) continue;
      if (change.position !== undefined && change.position > position) position = change.position;
      applied += 1;
      if (change.op === 'remove') this.#remove(change.member);
      else this.#put(change);
    }
    if (checkpoint !== undefined && position > reached) this.#checkpoints.set(checkpoint.source, position);
    return applied;
  }

  checkpoint(source: string): number {
    return this.#checkpoints.get(source) ?? 0;
  }

  lookup(member: string): Ranked | null {
    const handle = this.#members.find(member);
    if (handle === 0) return null;
    const { heap } = this.#members;
    const score = heap.get(handle, SCORE);
    const tie = heap.get(handle, TIE);
    const rank = this.#tree.rank(score, tie, handle);
    return { member, score, tie, rank, above: this.#tree.aboveFrom(rank, score) };
  }

  range(from: number, limit: number): Ranked[] {
    const found: Ranked[] = [];
    let above = 0;
    let last: number | undefined;
    this.#tree.visit(from, limit, (handle, score, tie, rank) => {
      if (last === undefined) above = this.#tree.rank(score, -1, 0);
      else if (score !== last) above = rank;
      last = score;
      found.push({ member: this.#members.text(handle), score, tie, rank, above });
    });
    return found;
  }

  around(member: string, before: number, after: number): Ranked[] {
    const handle = this.#members.find(member);
    if (handle === 0) return [];
    const { heap } = this.#members;
    const rank = this.#tree.rank(heap.get(handle, SCORE), heap.get(handle, TIE), handle);
    const from = Math.max(0, rank - before);
    return this.range(from, rank - from + 1 + after);
  }

  count(score: number): { readonly above: number; readonly at: number } {
    const above = this.#tree.rank(score, -1, 0);
    return { above, at: this.#tree.rank(score, Number.POSITIVE_INFINITY, 0) - above };
  }

  /** The first call walks the whole board, 0.1–0.3 s at 25 M; later ones are O(log n), and each change costs up to two descents more. */
  distinctAbove(score: number): number {
    this.#distinct ??= this.#collectScores();
    return this.#distinct.rank(score, -1, 0);
  }

  /** Throws at the first broken promise of the structures. O(n log n). For tests. */
  assertSound(): void {
    this.#members.assertSound();
    this.#tree.assertSound();
    if (this.#members.size !== this.#tree.size) throw new PortError('INTERNAL', 'members and ranks do not match');
    this.#tree.visit(0, this.size, (handle, score, tie) => {
      const { heap } = this.#members;
      if (heap.get(handle, SCORE) !== score || heap.get(handle, TIE) !== tie)
        throw new PortError('INTERNAL', 'a member shows another score');
    });
    this.#distinct?.assertSound();
    const scores = this.#distinct && this.#collectScores();
    if (scores?.size !== this.#distinct?.size) throw new PortError('INTERNAL', 'the distinct scores do not match');
  }

  #put(change: Exclude<Change, { readonly op: 'remove' }>): void {
    const members = this.#members;
    const known = members.size;
    const handle = members.intern(change.member);
    // `+ 0` turns -0 into 0: a board knows one zero.
    const given = change.score + 0;
    const tie = change.tie + 0;
    if (members.size > known) {
      this.#write(handle, given, tie);
      this.#enter(given);
      this.#tree.insert(given, tie, handle);
      return;
    }
    const score = members.heap.get(handle, SCORE);
    const next = nextScore(change.op, score, given);
    if (next === score) return;
    const oldTie = members.heap.get(handle, TIE);
    this.#enter(next);
    this.#tree.move(score, oldTie, next, tie, handle);
    this.#write(handle, next, tie);
    this.#leave(score);
  }

  #remove(member: string): void {
    const handle = this.#members.find(member);
    if (handle === 0) return;
    const { heap } = this.#members;
    const score = heap.get(handle, SCORE);
    this.#tree.remove(score, heap.get(handle, TIE), handle);
    this.#members.release(handle);
    this.#leave(score);
  }

  #write(handle: number, score: number, tie: number): void {
    this.#members.heap.set(handle, SCORE, score);
    this.#members.heap.set(handle, TIE, tie);
  }

  /** Before a score is put on the board. */
  #enter(score: number): void {
    if (this.#distinct !== undefined && !this.#tree.hasScore(score)) this.#distinct.insert(score, 0, 0);
  }

  /** After one entry of the score was taken off it. */
  #leave(score: number): void {
    if (this.#distinct !== undefined && !this.#tree.hasScore(score)) this.#distinct.remove(score, 0, 0);
  }

  #collectScores(): RankedTree {
    const scores = new RankedTree(() => 0);
    let last: number | undefined;
    this.#tree.visit(0, this.size, (_handle, score) => {
      if (score !== last) scores.insert(score, 0, 0);
      last = score;
    });
    return scores;
  }

  #scoreOf(member: string): number | undefined {
    const handle = this.#members.find(member);
    return handle === 0 ? undefined : this.#members.heap.get(handle, SCORE);
  }

  /** The largest absolute score, from the two ends of the board. */
  #scoreMax(): number {
    let max = 0;
    const see = (_handle: number, score: number) => {
      max = Math.max(max, Math.abs(score));
    };
    this.#tree.visit(0, 1, see);
    this.#tree.visit(this.size - 1, 1, see);
    return max;
  }
}

const SCORE = 0;
const TIE = 1;
