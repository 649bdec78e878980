import { BRANCH_SHIFT, Branches } from './branches.ts';
import { baseOf, CHUNK_SHIFT, Leaves } from './leaves.ts';

/**
 * The columns of a ranked tree and where its last search went: per level the node and the place taken, then the leaf and the position in
 * it. One path serves one tree, so a search allocates nothing; whatever adds or joins nodes makes it stale.
 */
export class TreePath {
  readonly leaves = new Leaves();
  readonly branches = new Branches();
  readonly nodes = new Uint32Array(LEVELS_MAX);
  readonly places = new Uint32Array(LEVELS_MAX);
  leaf = 0;
  at = 0;
  root = 0;
  /** Levels of branches above the leaves. */
  height = 0;
  /** Entries of the whole tree. */
  size = 0;
  readonly #compare: (a: number, b: number) => number;

  constructor(compare: (a: number, b: number) => number) {
    this.#compare = compare;
  }

  isBefore(score: number, tie: number, member: number, otherScore: number, otherTie: number, otherMember: number): boolean {
    if (score !== otherScore) return score > otherScore;
    if (tie !== otherTie) return tie < otherTie;
    return this.#compare(member, otherMember) < 0;
  }

  /** Goes to the leaf of the key and its lower bound there; answers the entries before that leaf. */
  seek(score: number, tie: number, member: number): number {
    const { children, sizes, counts, scores, ties, members } = this.branches;
    let before = 0;
    let node = this.root;
    for (let level = 0; level < this.height; level++) {
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
      this.nodes[level] = node;
      this.places[level] = low;
      node = children[base + low] as number;
    }
    this.leaf = node;
    this.at = this.seekInLeaf(node, score, tie, member);
    return before;
  }

  seekInLeaf(leaf: number, score: number, tie: number, member: number): number {
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

  resize(delta: number): void {
    const { sizes } = this.branches;
    for (let level = 0; level < this.height; level++) {
      const index = ((this.nodes[level] as number) << BRANCH_SHIFT) + (this.places[level] as number);
      sizes[index] = (sizes[index] as number) + delta;
    }
    this.size += delta;
  }

  /** The first entry of a leaf is the key of the lowest place on the path that is not the first of its node. */
  correctFirstKey(leaf: number): void {
    for (let level = this.height - 1; level >= 0; level--) {
      const place = this.places[level] as number;
      if (place === 0) continue;
      const index = ((this.nodes[level] as number) << BRANCH_SHIFT) + place;
      this.branches.putKey(index, this.leaves.scoreAt(leaf, 0), this.leaves.tieAt(leaf, 0), this.leaves.memberAt(leaf, 0));
      return;
    }
  }
}

/** 16 children at least: enough for 2^32 leaves. */
const LEVELS_MAX = 12;
