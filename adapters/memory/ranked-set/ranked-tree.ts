import { BRANCH_SHIFT, type Branches } from './branches.ts';
import { LEAF_ENTRIES, type Leaves, NO_LEAF } from './leaves.ts';
import { TreeBalance } from './tree-balance.ts';
import { TreePath } from './tree-path.ts';
import { assertTreeSound } from './tree-soundness.ts';

/**
 * A counted B+ tree: entries (score, tie, member) in the order score descending, tie ascending, member by `compare`, each findable by
 * its rank and its rank by the entry (order statistics: Cormen et al., "Augmenting data structures").
 *
 *            [ 4711 │ 3020 │ 2961 ]             sizes below each child, and its first key
 *             ╱        │        ╲
 *     [ 96 │ 120 │…] [ … ]    [ … ]             `Branches`, 16–64 children
 *      ╱     │
 *   leaf ─► leaf ─► leaf ─► …                   `Leaves`, 32–128 entries
 *
 * Every act is O(log n): 3–4 levels at 25 M entries. About 20 B an entry by a leaf's filling, about 24 B in all after inserts in
 * any order. Keys are unique. Member handles are only compared between equal (score, tie).
 */
export class RankedTree {
  readonly #path: TreePath;
  readonly #balance: TreeBalance;

  constructor(compare: (a: number, b: number) => number) {
    this.#path = new TreePath(compare);
    this.#balance = new TreeBalance(this.#path);
  }

  get leaves(): Leaves {
    return this.#path.leaves;
  }

  get branches(): Branches {
    return this.#path.branches;
  }

  get size(): number {
    return this.#path.size;
  }

  get bytes(): number {
    return this.leaves.bytes + this.branches.bytes;
  }

  get root(): { readonly node: number; readonly height: number } {
    return { node: this.#path.root, height: this.#path.height };
  }

  /** Entries before the key, whether or not the key is there. A tie below 0 gives the entries with a higher score. */
  rank(score: number, tie: number, member: number): number {
    return this.#path.seek(score, tie, member) + this.#path.at;
  }

  /** After `rank` of an entry that is there: the entries with a strictly higher score. Mostly answered within the leaf. */
  aboveFrom(rank: number, score: number): number {
    const leaf = this.#path.leaf;
    const startsBefore = this.leaves.previous[leaf] !== NO_LEAF && this.leaves.scoreAt(leaf, 0) === score;
    if (!startsBefore) return rank - this.#path.at + this.#path.seekInLeaf(leaf, score, -1, 0);
    return this.rank(score, -1, 0);
  }

  hasScore(score: number): boolean {
    this.#path.seek(score, -1, 0);
    let leaf = this.#path.leaf;
    let at = this.#path.at;
    if (at === this.leaves.counts[leaf]) {
      leaf = this.leaves.next[leaf] as number;
      at = 0;
    }
    return leaf !== NO_LEAF && (this.leaves.counts[leaf] as number) > 0 && this.leaves.scoreAt(leaf, at) === score;
  }

  insert(score: number, tie: number, member: number): void {
    this.#path.seek(score, tie, member);
    if (this.leaves.counts[this.#path.leaf] === LEAF_ENTRIES) {
      if (!this.#balance.shareFullLeaf()) this.#balance.splitLeaf();
      this.#path.seek(score, tie, member);
    }
    const leaf = this.#path.leaf;
    const count = this.leaves.counts[leaf] as number;
    if (this.#path.at < count) this.leaves.shift(leaf, this.#path.at, count, this.#path.at + 1);
    this.leaves.put(leaf, this.#path.at, score, tie, member);
    this.leaves.counts[leaf] = count + 1;
    this.#path.resize(1);
  }

  /** The entry must be there. */
  remove(score: number, tie: number, member: number): void {
    this.#path.seek(score, tie, member);
    this.#removeHere();
  }

  /** The same as `remove` and `insert`, in one search when the new place is inside the same leaf. */
  move(score: number, tie: number, newScore: number, newTie: number, member: number): void {
    this.#path.seek(score, tie, member);
    const { leaves } = this;
    const leaf = this.#path.leaf;
    const from = this.#path.at;
    const last = (leaves.counts[leaf] as number) - 1;
    const staysInside =
      from > 0 &&
      this.#path.isBefore(leaves.scoreAt(leaf, 0), leaves.tieAt(leaf, 0), leaves.memberAt(leaf, 0), newScore, newTie, member) &&
      (leaves.next[leaf] === NO_LEAF ||
        this.#path.isBefore(newScore, newTie, member, leaves.scoreAt(leaf, last), leaves.tieAt(leaf, last), leaves.memberAt(leaf, last)));
    if (!staysInside) {
      this.#removeHere();
      this.insert(newScore, newTie, member);
      return;
    }
    const at = this.#path.seekInLeaf(leaf, newScore, newTie, member);
    const to = at > from ? at - 1 : at;
    if (to < from) leaves.shift(leaf, to, from, to + 1);
    else if (to > from) leaves.shift(leaf, from + 1, to + 1, from);
    leaves.put(leaf, to, newScore, newTie, member);
  }

  /** Visits up to `limit` entries from the rank on, in order. O(log n + limit). */
  visit(rank: number, limit: number, see: (member: number, score: number, tie: number, rank: number) => void): void {
    if (rank >= this.#path.size) return;
    const { sizes, children } = this.branches;
    let node = this.#path.root;
    let at = rank;
    for (let level = 0; level < this.#path.height; level++) {
      let index = node << BRANCH_SHIFT;
      while (at >= (sizes[index] as number)) at -= sizes[index++] as number;
      node = children[index] as number;
    }
    const end = Math.min(this.#path.size, rank + limit);
    for (let i = rank; i < end; i++) {
      if (at === this.leaves.counts[node]) {
        node = this.leaves.next[node] as number;
        at = 0;
      }
      see(this.leaves.memberAt(node, at), this.leaves.scoreAt(node, at), this.leaves.tieAt(node, at), i);
      at += 1;
    }
  }

  /** Throws at the first broken promise of the structure. O(n). For tests. */
  assertSound(): void {
    assertTreeSound(this, (...keys) => this.#path.isBefore(...keys));
  }

  #removeHere(): void {
    const { leaves } = this;
    const leaf = this.#path.leaf;
    const count = (leaves.counts[leaf] as number) - 1;
    leaves.shift(leaf, this.#path.at + 1, count + 1, this.#path.at);
    leaves.counts[leaf] = count;
    this.#path.resize(-1);
    if (this.#path.at === 0 && count > 0) this.#path.correctFirstKey(leaf);
    if (count < LEAF_ENTRIES / 2 && this.#path.height > 0) this.#balance.refillLeaf(count);
  }
}
