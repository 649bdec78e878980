import { BRANCH_PLACES, BRANCH_SHIFT } from './branches.ts';
import { LEAF_ENTRIES } from './leaves.ts';
import type { TreePath } from './tree-path.ts';

/**
 * Keeps the nodes of a ranked tree between a quarter and wholly full. Every act starts from the path of the last search and leaves it
 * stale. Leaves give to a neighbour before they split, so that boards of growing ties and ordered boards are nearly full (24 B an entry).
 */
export class TreeBalance {
  readonly #path: TreePath;

  constructor(path: TreePath) {
    this.#path = path;
  }

  /** In the middle, except at the ends of the board: ordered inserts then leave full leaves behind. */
  splitLeaf(): void {
    const path = this.#path;
    const { leaves } = path;
    const leaf = path.leaf;
    let cut = LEAF_ENTRIES / 2;
    if (leaf === leaves.last && path.at === LEAF_ENTRIES) cut = LEAF_ENTRIES - LEAF_MIN;
    else if (leaf === 0 && path.at === 0) cut = LEAF_MIN;
    const added = leaves.addAfter(leaf);
    leaves.copy(leaf, cut, added, 0, LEAF_ENTRIES - cut);
    leaves.counts[leaf] = cut;
    leaves.counts[added] = LEAF_ENTRIES - cut;
    this.#addChild(added, LEAF_ENTRIES - cut, leaves.scoreAt(added, 0), leaves.tieAt(added, 0), leaves.memberAt(added, 0));
  }

  /** Hangs a new right neighbour beside each child of the path that was split, from the lowest level up. The path is stale after it. */
  #addChild(child: number, size: number, score: number, tie: number, member: number): void {
    const path = this.#path;
    const { branches } = path;
    for (let level = path.height - 1; level >= 0; level--) {
      const node = path.nodes[level] as number;
      const place = path.places[level] as number;
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
    branches.put(root << BRANCH_SHIFT, path.root, path.size - size, 0, 0, 0);
    branches.put((root << BRANCH_SHIFT) + 1, child, size, score, tie, member);
    branches.counts[root] = 2;
    path.root = root;
    path.height += 1;
  }

  #addChildAfter(node: number, place: number, child: number, size: number, score: number, tie: number, member: number): void {
    const { branches } = this.#path;
    const index = (node << BRANCH_SHIFT) + place;
    const end = (node << BRANCH_SHIFT) + (branches.counts[node] as number);
    branches.move(index + 1, end, index + 2);
    branches.sizes[index] = (branches.sizes[index] as number) - size;
    branches.put(index + 1, child, size, score, tie, member);
    branches.counts[node] = (branches.counts[node] as number) + 1;
  }

  /** Joins a leaf with a neighbour when both fit with room to spare; shares evenly when it is too empty. */
  refillLeaf(count: number): void {
    const path = this.#path;
    const { branches, leaves } = path;
    const level = path.height - 1;
    const node = path.nodes[level] as number;
    const index = this.#pairOf(node, path.places[level] as number, LEAF_JOINED_MAX, count < LEAF_MIN);
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
  shareFullLeaf(): boolean {
    const path = this.#path;
    if (path.height === 0) return false;
    const { branches, leaves } = path;
    const node = path.nodes[path.height - 1] as number;
    const place = path.places[path.height - 1] as number;
    const index = (node << BRANCH_SHIFT) + place;
    const leaf = path.leaf;
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
    const { branches, leaves } = this.#path;
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
    const path = this.#path;
    const { branches } = path;
    const base = node << BRANCH_SHIFT;
    const isLeafLevel = joinedMax === LEAF_JOINED_MAX;
    const counts = isLeafLevel ? path.leaves.counts : branches.counts;
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
    const path = this.#path;
    const { branches } = path;
    const node = path.nodes[level] as number;
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
    path.root = branches.children[base] as number;
    path.height -= 1;
    branches.release(node);
  }

  #refillBranch(level: number, count: number): void {
    const path = this.#path;
    const { branches } = path;
    const parent = path.nodes[level - 1] as number;
    const index = this.#pairOf(parent, path.places[level - 1] as number, BRANCH_JOINED_MAX, count < BRANCH_MIN);
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
