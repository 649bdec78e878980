import { BUCKET_ENTRIES, Buckets, NONE } from './buckets.ts';
import { buildSubtree, collectSubtree } from './kd-build.ts';
import { KdNodes, LEAF } from './kd-nodes.ts';
import { assertKdSound } from './kd-soundness.ts';

/**
 * A dynamic bucketed k-d tree over Int32 vectors.
 *
 *   node ─ x < 812 ─► left          every node has the tight box of its points and their number
 *        └ x ≥ 812 ─► right ─► leaf ─► bucket (≤ 64 points)
 *                              leaf ─► bucket ─► bucket ─► …      only when all its points are at one place
 *
 * Insert and remove are O(log n) amortised. Boxes shrink when a point on their edge leaves. A subtree in which one side holds more
 * than three quarters is built anew once a quarter of it arrived since it was last built (scapegoat tree, Galperin and Rivest 1993), so
 * points that come in order of place leave no deep side. An item knows its bucket (`bucketOf`, `setBucket`), which makes leaving cheap.
 * About 16 B a point by a bucket's filling, 22–27 B with nodes.
 */
export class KdTree {
  readonly nodes = new KdNodes();
  readonly buckets = new Buckets();
  readonly #bucketOf: (item: number) => number;
  readonly #setBucket: (item: number, bucket: number) => void;

  constructor(bucketOf: (item: number) => number, setBucket: (item: number, bucket: number) => void) {
    this.#bucketOf = bucketOf;
    this.#setBucket = setBucket;
    const root = this.nodes.add(NONE);
    this.nodes.makeLeaf(root, this.buckets.add(root, NONE));
    this.nodes.emptyBox(root);
  }

  get size(): number {
    return this.nodes.counts[ROOT] as number;
  }

  get bytes(): number {
    return this.nodes.bytes + this.buckets.bytes;
  }

  depth(node = ROOT): number {
    if (this.nodes.axes[node] === LEAF) return 1;
    return 1 + Math.max(this.depth(this.nodes.lefts[node] as number), this.depth(this.nodes.rights[node] as number));
  }

  insert(item: number, x: number, y: number, z: number): void {
    const { nodes } = this;
    let lopsided = NONE;
    let node = ROOT;
    for (;;) {
      nodes.counts[node] = (nodes.counts[node] as number) + 1;
      nodes.arrivals[node] = (nodes.arrivals[node] as number) + 1;
      nodes.stretchBox(node, x, y, z);
      if (nodes.axes[node] === LEAF) {
        if (this.#addToLeaf(node, item, x, y, z)) break;
        this.#splitLeaf(node, x, y, z);
      } else if (lopsided === NONE && this.#isLopsided(node)) lopsided = node;
      const axis = nodes.axes[node] as number;
      const coordinate = axis === 0 ? x : axis === 1 ? y : z;
      node = coordinate < (nodes.splits[node] as number) ? (nodes.lefts[node] as number) : (nodes.rights[node] as number);
    }
    if (lopsided !== NONE) this.#rebuild(lopsided);
  }

  remove(item: number): void {
    const { nodes, buckets } = this;
    const bucket = this.#bucketOf(item);
    const at = buckets.positionOf(bucket, item);
    const leaf = buckets.owners[bucket] as number;
    const [x, y, z] = [buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at)];
    this.#fillHole(leaf, bucket, at);
    for (let node = leaf; node !== NONE; node = nodes.parents[node] as number) nodes.counts[node] = (nodes.counts[node] as number) - 1;
    if (nodes.isOnEdge(leaf, x, y, z)) this.#tighten(leaf);
    this.#joinAround(leaf);
  }

  /** In place when the point stays within the bounds of its bucket, as small moves mostly do. */
  move(item: number, x: number, y: number, z: number): void {
    const { buckets } = this;
    const bucket = this.#bucketOf(item);
    const leaf = buckets.owners[bucket] as number;
    if (!this.nodes.holds(leaf, x, y, z)) {
      this.remove(item);
      this.insert(item, x, y, z);
      return;
    }
    const at = buckets.positionOf(bucket, item);
    const wasOnEdge = this.nodes.isOnEdge(leaf, buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at));
    buckets.put(bucket, at, x, y, z, item);
    if (wasOnEdge) this.#tighten(leaf);
  }

  /** Visits every point whose surroundings `mayTouch` does not rule out; `base` is where the node's box begins in `nodes.boxes`. */
  scan(mayTouch: (boxes: Int32Array, base: number) => boolean, see: (item: number) => void, node = ROOT): void {
    const { nodes, buckets } = this;
    if (nodes.counts[node] === 0 || !mayTouch(nodes.boxes, node * 6)) return;
    if (nodes.axes[node] !== LEAF) {
      this.scan(mayTouch, see, nodes.lefts[node] as number);
      this.scan(mayTouch, see, nodes.rights[node] as number);
      return;
    }
    for (let bucket = nodes.lefts[node] as number; bucket !== NONE; bucket = buckets.next[bucket] as number) {
      for (let at = 0; at < (buckets.counts[bucket] as number); at++) see(buckets.item(bucket, at));
    }
  }

  /** Throws at the first broken promise of the structure. O(n). For tests. */
  assertSound(): void {
    assertKdSound(this, this.#bucketOf);
  }

  /** False when the leaf is full and its points can be parted. */
  #addToLeaf(leaf: number, item: number, x: number, y: number, z: number): boolean {
    const { nodes, buckets } = this;
    let bucket = nodes.lefts[leaf] as number;
    const isAtOnePlace = nodes.widestAxis(leaf) < 0;
    if (buckets.counts[bucket] === BUCKET_ENTRIES || (!isAtOnePlace && buckets.next[bucket] !== NONE)) {
      if (!isAtOnePlace) return false;
      bucket = buckets.add(leaf, bucket);
      nodes.lefts[leaf] = bucket;
    }
    const at = buckets.counts[bucket] as number;
    buckets.put(bucket, at, x, y, z, item);
    buckets.counts[bucket] = at + 1;
    this.#setBucket(item, bucket);
    return true;
  }

  /** Parts a full leaf so that the point to come, which its box holds already, finds room or a leaf of its own. */
  #splitLeaf(node: number, x: number, y: number, z: number): void {
    const { nodes, buckets } = this;
    const axis = nodes.widestAxis(node);
    const coming = axis === 0 ? x : axis === 1 ? y : z;
    const bucket = nodes.lefts[node] as number;
    const count = buckets.counts[bucket] as number;
    const values = [coming];
    for (let at = 0; at < count; at++) values.push(buckets.coordinate(bucket, at, axis));
    values.sort((a, b) => a - b);
    const smallest = values[0] as number;
    const middle = values[values.length >> 1] as number;
    const split = middle > smallest ? middle : (values.find((value) => value > smallest) as number);
    const left = nodes.add(node);
    const right = nodes.add(node);
    nodes.axes[node] = axis;
    nodes.splits[node] = split;
    nodes.lefts[node] = left;
    nodes.rights[node] = right;
    nodes.emptyBox(left);
    nodes.emptyBox(right);
    if (buckets.next[bucket] !== NONE) {
      const isLeft = buckets.coordinate(bucket, 0, axis) < split;
      this.#moveChain(bucket, isLeft ? left : right, (nodes.counts[node] as number) - 1);
      const lone = isLeft ? right : left;
      nodes.makeLeaf(lone, buckets.add(lone, NONE));
      return;
    }
    nodes.makeLeaf(left, bucket);
    buckets.owners[bucket] = left;
    nodes.makeLeaf(right, buckets.add(right, NONE));
    buckets.counts[bucket] = 0;
    for (let at = 0; at < count; at++) {
      const side = buckets.coordinate(bucket, at, axis) < split ? left : right;
      const [px, py, pz] = [buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at)];
      this.#addToLeafUnchecked(side, buckets.item(bucket, at), px, py, pz);
    }
  }

  /** While a leaf is parted: entries move to the front of their own bucket or into the new one, so nothing is overwritten unread. */
  #addToLeafUnchecked(leaf: number, item: number, x: number, y: number, z: number): void {
    const { nodes, buckets } = this;
    const bucket = nodes.lefts[leaf] as number;
    const at = buckets.counts[bucket] as number;
    buckets.put(bucket, at, x, y, z, item);
    buckets.counts[bucket] = at + 1;
    nodes.counts[leaf] = (nodes.counts[leaf] as number) + 1;
    nodes.stretchBox(leaf, x, y, z);
    this.#setBucket(item, bucket);
  }

  #moveChain(head: number, leaf: number, count: number): void {
    const { nodes, buckets } = this;
    nodes.makeLeaf(leaf, head);
    nodes.counts[leaf] = count;
    nodes.stretchBox(leaf, buckets.x(head, 0), buckets.y(head, 0), buckets.z(head, 0));
    for (let bucket = head; bucket !== NONE; bucket = buckets.next[bucket] as number) buckets.owners[bucket] = leaf;
  }

  /** The last entry of the newest bucket takes the free place, so all older buckets of a leaf stay full. */
  #fillHole(leaf: number, bucket: number, at: number): void {
    const { nodes, buckets } = this;
    const head = nodes.lefts[leaf] as number;
    const last = (buckets.counts[head] as number) - 1;
    buckets.counts[head] = last;
    if (head !== bucket || at !== last) {
      const item = buckets.item(head, last);
      buckets.put(bucket, at, buckets.x(head, last), buckets.y(head, last), buckets.z(head, last), item);
      this.#setBucket(item, bucket);
    }
    const next = buckets.next[head] as number;
    if (last > 0 || next === NONE) return;
    nodes.lefts[leaf] = next;
    buckets.release(head);
  }

  /** After a point left the edge of its leaf's box: measures the leaf again, and its parents as long as that changes them. */
  #tighten(leaf: number): void {
    const { nodes, buckets } = this;
    const bucket = nodes.lefts[leaf] as number;
    nodes.emptyBox(leaf);
    // Older buckets only hold points at the same place.
    for (let at = 0; at < (buckets.counts[bucket] as number); at++) {
      nodes.stretchBox(leaf, buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at));
    }
    for (let node = nodes.parents[leaf] as number; node !== NONE; node = nodes.parents[node] as number) {
      if (!nodes.joinBoxes(node)) return;
    }
  }

  /** An empty leaf gives its place to its sibling; two leaves that fit half a bucket become one. */
  #joinAround(leaf: number): void {
    const { nodes, buckets } = this;
    const parent = nodes.parents[leaf] as number;
    if (parent === NONE) return;
    const sibling = nodes.lefts[parent] === leaf ? (nodes.rights[parent] as number) : (nodes.lefts[parent] as number);
    const count = nodes.counts[leaf] as number;
    if (count > 0 && (nodes.axes[sibling] !== LEAF || (nodes.counts[parent] as number) > BUCKET_ENTRIES / 2)) return;
    const bucket = nodes.lefts[leaf] as number;
    if (count > 0) {
      for (let at = 0; at < count; at++) {
        const [x, y, z] = [buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at)];
        this.#addToLeafUnchecked(sibling, buckets.item(bucket, at), x, y, z);
      }
    }
    buckets.release(bucket);
    nodes.release(leaf);
    this.#replaceByChild(parent, sibling);
  }

  #replaceByChild(node: number, child: number): void {
    const { nodes, buckets } = this;
    for (const column of [nodes.axes, nodes.splits, nodes.lefts, nodes.rights, nodes.counts, nodes.arrivals]) {
      column[node] = column[child] as number;
    }
    nodes.boxes.copyWithin(node * 6, child * 6, child * 6 + 6);
    if (nodes.axes[node] === LEAF) {
      for (let bucket = nodes.lefts[node] as number; bucket !== NONE; bucket = buckets.next[bucket] as number)
        buckets.owners[bucket] = node;
    } else {
      nodes.parents[nodes.lefts[node] as number] = node;
      nodes.parents[nodes.rights[node] as number] = node;
    }
    nodes.release(child);
  }

  #isLopsided(node: number): boolean {
    const { nodes } = this;
    const count = nodes.counts[node] as number;
    if (count < REBUILD_MIN || (nodes.arrivals[node] as number) * 4 < count) return false;
    const left = nodes.counts[nodes.lefts[node] as number] as number;
    return Math.max(left, count - left) * 4 > count * 3;
  }

  #rebuild(node: number): void {
    const points = collectSubtree(this, node);
    buildSubtree(this, node, points, 0, points.items.length, this.#setBucket);
  }
}

const ROOT = 0;
const REBUILD_MIN = BUCKET_ENTRIES * 8;
