import { BRANCH_PLACES, BRANCH_SHIFT, Branches } from './branches.ts';
import { baseOf, CHUNK_SHIFT, LEAF_ENTRIES, Leaves, NO_LEAF } from './leaves.ts';
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
 * Every act is O(log n): 3–4 levels at 25 M entries. About 20 B an entry by a leaf's filling, 24–30 B after random inserts, 22 B after
 * ordered ones. Keys are unique. Member handles are only compared between equal (score, tie).
 */
export class RankedTree {
  readonly leaves = new Leaves();
  readonly branches = new Branches();
  readonly #compare: (a: number, b: number) => number;
  #root = 0;
  /** Levels of branches above the leaves. */
  #height = 0;
  #size = 0;
  /** Where the last search went: per level the node and the place taken, then the leaf and the position in it. */
  readonly #pathNodes = new Uint32Array(12);
  readonly #pathPlaces = new Uint32Array(12);
  #leaf = 0;
  #at = 0;

  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.leaves.bytes + this.branches.bytes;
  }

  get root(): { readonly node: number; readonly height: number } {
    return { node: this.#root, height: this.#height };
  }

  /** Entries before the key, whether or not the key is there. A tie below 0 gives the entries with a higher score. */
  rank(score: number, tie: number, member: number): number {
    return this.#seek(score, tie, member) + this.#at;
  }

  /** After `rank` of an entry that is there: the entries with a strictly higher score. Mostly answered within the leaf. */
  aboveFrom(rank: number, score: number): number {
    const leaf = this.#leaf;
    const startsBefore = this.leaves.previous[leaf] !== NO_LEAF && this.leaves.scoreAt(leaf, 0) === score;
    if (!startsBefore) return rank - this.#at + this.#seekInLeaf(leaf, score, -1, 0);
    return this.rank(score, -1, 0);
  }

  hasScore(score: number): boolean {
    this.#seek(score, -1, 0);
    let leaf = this.#leaf;
    let at = this.#at;
    if (at === this.leaves.counts[leaf]) {
      leaf = this.leaves.next[leaf] as number;
      at = 0;
    }
    return leaf !== NO_LEAF && (this.leaves.counts[leaf] as number) > 0 && this.leaves.scoreAt(leaf, at) === score;
  }

  insert(score: number, tie: number, member: number): void {
    this.#seek(score, tie, member);
    if (this.leaves.counts[this.#leaf] === LEAF_ENTRIES) {
      if (!this.#shareFullLeaf()) this.#splitLeaf();
      this.#seek(score, tie, member);
    }
    const leaf = this.#leaf;
    const count = this.leaves.counts[leaf] as number;
    if (this.#at < count) this.leaves.shift(leaf, this.#at, count, this.#at + 1);
    this.leaves.put(leaf, this.#at, score, tie, member);
    this.leaves.counts[leaf] = count + 1;
    this.#resizePath(1);
  }

  /** The entry must be there. */
  remove(score: number, tie: number, member: number): void {
    this.#seek(score, tie, member);
    this.#removeHere();
  }

  /** The same as `remove` and `insert`, in one search when the new place is inside the same leaf. */
  move(score: number, tie: number, newScore: number, newTie: number, member: number): void {
    this.#seek(score, tie, member);
    const { leaves } = this;
    const leaf = this.#leaf;
    const from = this.#at;
    const last = (leaves.counts[leaf] as number) - 1;
    const staysInside =
      from > 0 &&
      this.#isBefore(leaves.scoreAt(leaf, 0), leaves.tieAt(leaf, 0), leaves.memberAt(leaf, 0), newScore, newTie, member) &&
      (leaves.next[leaf] === NO_LEAF ||
        this.#isBefore(newScore, newTie, member, leaves.scoreAt(leaf, last), leaves.tieAt(leaf, last), leaves.memberAt(leaf, last)));
    if (!staysInside) {
      this.#removeHere();
      this.insert(newScore, newTie, member);
      return;
    }
    const at = this.#seekInLeaf(leaf, newScore, newTie, member);
    const to = at > from ? at - 1 : at;
    if (to < from) leaves.shift(leaf, to, from, to + 1);
    else if (to > from) leaves.shift(leaf, from + 1, to + 1, from);
    leaves.put(leaf, to, newScore, newTie, member);
  }

  /** Visits up to `limit` entries from the rank on, in order. O(log n + limit). */
  visit(rank: number, limit: number, see: (member: number, score: number, tie: number, rank: number) => void): void {
    if (rank >= this.#size) return;
    const { sizes, children } = this.branches;
    let node = this.#root;
    let at = rank;
    for (let level = 0; level < this.#height; level++) {
      let index = node << BRANCH_SHIFT;
      while (at >= (sizes[index] as number)) at -= sizes[index++] as number;
      node = children[index] as number;
    }
    const end = Math.min(this.#size, rank + limit);
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
    assertTreeSound(this, (...keys) => this.#isBefore(...keys));
  }

  #isBefore(score: number, tie: number, member: number, otherScore: number, otherTie: number, otherMember: number): boolean {
    if (score !== otherScore) return score > otherScore;
    if (tie !== otherTie) return tie < otherTie;
    return this.#compare(member, otherMember) < 0;
  }

  /** Goes to the leaf of the key and its lower bound there; answers the entries before that leaf. */
  #seek(score: number, tie: number, member: number): number {
    const { children, sizes, counts, scores, ties, members } = this.branches;
    let before = 0;
    let node = this.#root;
    for (let level = 0; level < this.#height; level++) {
      const base = node << BRANCH_SHIFT;
      let low = 0;
      let high = (counts[node] as number) - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        const own = scores[base + middle] as number;
        let isAfterKey = own < score;
        if (own === score) {
          const ownTie = ties[base + middle] as number;
          isAfterKey = ownTie > tie || (ownTie === tie && this.#compare(members[base + middle] as number, member) > 0);
        }
        if (isAfterKey) high = middle - 1;
        else low = middle;
      }
      for (let index = base; index < base + low; index++) before += sizes[index] as number;
      this.#pathNodes[level] = node;
      this.#pathPlaces[level] = low;
      node = children[base + low] as number;
    }
    this.#leaf = node;
    this.#at = this.#seekInLeaf(node, score, tie, member);
    return before;
  }

  #seekInLeaf(leaf: number, score: number, tie: number, member: number): number {
    const { leaves } = this;
    const chunk = leaf >>> CHUNK_SHIFT;
    const scores = leaves.scores[chunk] as Float64Array;
    const ties = leaves.ties[chunk] as Float64Array;
    const base = baseOf(leaf);
    let low = base;
    let high = base + (leaves.counts[leaf] as number);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const own = scores[middle] as number;
      let isBeforeKey = own > score;
      if (own === score) {
        const ownTie = ties[middle] as number;
        isBeforeKey = ownTie < tie || (ownTie === tie && this.#compare(leaves.memberAt(leaf, middle - base), member) < 0);
      }
      if (isBeforeKey) low = middle + 1;
      else high = middle;
    }
    return low - base;
  }

  #resizePath(delta: number): void {
    const { sizes } = this.branches;
    for (let level = 0; level < this.#height; level++) {
      const index = ((this.#pathNodes[level] as number) << BRANCH_SHIFT) + (this.#pathPlaces[level] as number);
      sizes[index] = (sizes[index] as number) + delta;
    }
    this.#size += delta;
  }

  /** In the middle, except at the ends of the board: ordered inserts then leave full leaves behind. */
  #splitLeaf(): void {
    const { leaves } = this;
    const leaf = this.#leaf;
    let cut = LEAF_ENTRIES / 2;
    if (leaf === leaves.last && this.#at === LEAF_ENTRIES) cut = LEAF_ENTRIES - LEAF_MIN;
    else if (leaf === 0 && this.#at === 0) cut = LEAF_MIN;
    const added = leaves.addAfter(leaf);
    leaves.copy(leaf, cut, added, 0, LEAF_ENTRIES - cut);
    leaves.counts[leaf] = cut;
    leaves.counts[added] = LEAF_ENTRIES - cut;
    this.#addChild(added, LEAF_ENTRIES - cut, leaves.scoreAt(added, 0), leaves.tieAt(added, 0), leaves.memberAt(added, 0));
  }

  /** Hangs a new right neighbour beside each child of the path that was split, from the lowest level up. The path is stale after it. */
  #addChild(child: number, size: number, score: number, tie: number, member: number): void {
    const { branches } = this;
    for (let level = this.#height - 1; level >= 0; level--) {
      const node = this.#pathNodes[level] as number;
      const place = this.#pathPlaces[level] as number;
      if ((branches.counts[node] as number) < BRANCH_PLACES) {
        this.#addChildAfter(node, place, child, size, score, tie, member);
        return;
      }
      const half = BRANCH_PLACES / 2;
      const added = branches.add();
      const base = node << BRANCH_SHIFT;
      const addedBase = added << BRANCH_SHIFT;
      branches.move(base + half, base + BRANCH_PLACES, addedBase);
      branches.counts[node] = half;
      branches.counts[added] = half;
      if (place < half) this.#addChildAfter(node, place, child, size, score, tie, member);
      else this.#addChildAfter(added, place - half, child, size, score, tie, member);
      child = added;
      size = branches.weigh(added);
      score = branches.scores[addedBase] as number;
      tie = branches.ties[addedBase] as number;
      member = branches.members[addedBase] as number;
    }
    const root = branches.add();
    branches.put(root << BRANCH_SHIFT, this.#root, this.#size - size, 0, 0, 0);
    branches.put((root << BRANCH_SHIFT) + 1, child, size, score, tie, member);
    branches.counts[root] = 2;
    this.#root = root;
    this.#height += 1;
  }

  #addChildAfter(node: number, place: number, child: number, size: number, score: number, tie: number, member: number): void {
    const { branches } = this;
    const index = (node << BRANCH_SHIFT) + place;
    const end = (node << BRANCH_SHIFT) + (branches.counts[node] as number);
    branches.move(index + 1, end, index + 2);
    branches.sizes[index] = (branches.sizes[index] as number) - size;
    branches.put(index + 1, child, size, score, tie, member);
    branches.counts[node] = (branches.counts[node] as number) + 1;
  }

  #removeHere(): void {
    const { leaves } = this;
    const leaf = this.#leaf;
    const count = (leaves.counts[leaf] as number) - 1;
    leaves.shift(leaf, this.#at + 1, count + 1, this.#at);
    leaves.counts[leaf] = count;
    this.#resizePath(-1);
    if (this.#at === 0 && count > 0) this.#correctFirstKey(leaf);
    if (count < LEAF_ENTRIES / 2 && this.#height > 0) this.#refillLeaf(count);
  }

  /** The first entry of a leaf is the key of the lowest place on the path that is not the first of its node. */
  #correctFirstKey(leaf: number): void {
    for (let level = this.#height - 1; level >= 0; level--) {
      const place = this.#pathPlaces[level] as number;
      if (place === 0) continue;
      const index = ((this.#pathNodes[level] as number) << BRANCH_SHIFT) + place;
      this.branches.putKey(index, this.leaves.scoreAt(leaf, 0), this.leaves.tieAt(leaf, 0), this.leaves.memberAt(leaf, 0));
      return;
    }
  }

  /** Joins a leaf with a neighbour when both fit with room to spare; shares evenly when it is too empty. */
  #refillLeaf(count: number): void {
    const { branches, leaves } = this;
    const level = this.#height - 1;
    const node = this.#pathNodes[level] as number;
    const index = this.#pairOf(node, this.#pathPlaces[level] as number, LEAF_JOINED_MAX, count < LEAF_MIN);
    if (index < 0) return;
    const left = branches.children[index] as number;
    const right = branches.children[index + 1] as number;
    const leftCount = leaves.counts[left] as number;
    const rightCount = leaves.counts[right] as number;
    const total = leftCount + rightCount;
    if (total <= LEAF_JOINED_MAX) {
      leaves.copy(right, 0, left, leftCount, rightCount);
      leaves.counts[left] = total;
      leaves.remove(right);
      this.#removeChildAfter(level, index);
      return;
    }
    this.#shareLeaves(index, left, right);
  }

  /** Before a full leaf is split: gives half of what a neighbour has less to that neighbour, if that is worth it. */
  #shareFullLeaf(): boolean {
    if (this.#height === 0) return false;
    const { branches, leaves } = this;
    const node = this.#pathNodes[this.#height - 1] as number;
    const place = this.#pathPlaces[this.#height - 1] as number;
    const index = (node << BRANCH_SHIFT) + place;
    const leaf = this.#leaf;
    if (place > 0) {
      const left = branches.children[index - 1] as number;
      if ((leaves.counts[left] as number) <= LEAF_SHARED_MAX) {
        this.#shareLeaves(index - 1, left, leaf);
        return true;
      }
    }
    if (place + 1 === branches.counts[node]) return false;
    const right = branches.children[index + 1] as number;
    if ((leaves.counts[right] as number) > LEAF_SHARED_MAX) return false;
    this.#shareLeaves(index, leaf, right);
    return true;
  }

  #shareLeaves(index: number, left: number, right: number): void {
    const { branches, leaves } = this;
    const leftCount = leaves.counts[left] as number;
    const rightCount = leaves.counts[right] as number;
    const total = leftCount + rightCount;
    const half = total >> 1;
    if (leftCount < half) {
      const moved = half - leftCount;
      leaves.copy(right, 0, left, leftCount, moved);
      leaves.shift(right, moved, rightCount, 0);
    } else {
      const moved = leftCount - half;
      leaves.shift(right, 0, rightCount, moved);
      leaves.copy(left, half, right, 0, moved);
    }
    leaves.counts[left] = half;
    leaves.counts[right] = total - half;
    branches.sizes[index] = half;
    branches.sizes[index + 1] = total - half;
    branches.putKey(index + 1, leaves.scoreAt(right, 0), leaves.tieAt(right, 0), leaves.memberAt(right, 0));
  }

  /** Column index of the left one of two neighbours to join or share, -1 when the place may stay as it is. */
  #pairOf(node: number, place: number, joinedMax: number, mustChange: boolean): number {
    const { branches } = this;
    const base = node << BRANCH_SHIFT;
    const isLeafLevel = joinedMax === LEAF_JOINED_MAX;
    const counts = isLeafLevel ? this.leaves.counts : branches.counts;
    const countAt = (at: number) => counts[branches.children[base + at] as number] as number;
    const own = countAt(place);
    const hasLeft = place > 0;
    const hasRight = place + 1 < (branches.counts[node] as number);
    if (hasLeft && own + countAt(place - 1) <= joinedMax) return base + place - 1;
    if (hasRight && own + countAt(place + 1) <= joinedMax) return base + place;
    if (!mustChange) return -1;
    return hasLeft ? base + place - 1 : base + place;
  }

  /** The child after `index` was joined into the child at `index`: takes it off its node and refills the node, upwards. */
  #removeChildAfter(level: number, index: number): void {
    const { branches } = this;
    const node = this.#pathNodes[level] as number;
    const base = node << BRANCH_SHIFT;
    const count = (branches.counts[node] as number) - 1;
    branches.sizes[index] = (branches.sizes[index] as number) + (branches.sizes[index + 1] as number);
    branches.move(index + 2, base + count + 1, index + 1);
    branches.counts[node] = count;
    if (level > 0) {
      if (count < BRANCH_PLACES / 2) this.#refillBranch(level, count);
      return;
    }
    if (count > 1) return;
    this.#root = branches.children[base] as number;
    this.#height -= 1;
    branches.release(node);
  }

  #refillBranch(level: number, count: number): void {
    const { branches } = this;
    const parent = this.#pathNodes[level - 1] as number;
    const index = this.#pairOf(parent, this.#pathPlaces[level - 1] as number, BRANCH_JOINED_MAX, count < BRANCH_MIN);
    if (index < 0) return;
    const left = branches.children[index] as number;
    const right = branches.children[index + 1] as number;
    const leftCount = branches.counts[left] as number;
    const rightCount = branches.counts[right] as number;
    const leftBase = left << BRANCH_SHIFT;
    const rightBase = right << BRANCH_SHIFT;
    const total = leftCount + rightCount;
    branches.copyKey(index + 1, rightBase);
    if (total <= BRANCH_JOINED_MAX) {
      branches.move(rightBase, rightBase + rightCount, leftBase + leftCount);
      branches.counts[left] = total;
      branches.release(right);
      this.#removeChildAfter(level - 1, index);
      return;
    }
    const half = total >> 1;
    if (leftCount < half) {
      const moved = half - leftCount;
      branches.move(rightBase, rightBase + moved, leftBase + leftCount);
      branches.move(rightBase + moved, rightBase + rightCount, rightBase);
    } else {
      const moved = leftCount - half;
      branches.move(rightBase, rightBase + rightCount, rightBase + moved);
      branches.move(leftBase + half, leftBase + leftCount, rightBase);
    }
    branches.counts[left] = half;
    branches.counts[right] = total - half;
    branches.sizes[index] = branches.weigh(left);
    branches.sizes[index + 1] = branches.weigh(right);
    branches.copyKey(rightBase, index + 1);
  }
}

const LEAF_MIN = LEAF_ENTRIES / 4;
/** A full leaf shares with a neighbour that holds no more, which makes at least 16 places. */
const LEAF_SHARED_MAX = LEAF_ENTRIES - 32;
/** Two leaves are joined up to here, so that the next insert does not split them again. */
const LEAF_JOINED_MAX = LEAF_ENTRIES - 16;
const BRANCH_MIN = BRANCH_PLACES / 4;
const BRANCH_JOINED_MAX = BRANCH_PLACES - 8;
