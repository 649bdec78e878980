import { NONE, widened } from './buckets.ts';

export const LEAF = 3;

/** The nodes of a k-d tree as columns; node 0 is the root for good. A box is tight: exactly the bounds of the points below, 6 × i32. */
export class KdNodes {
  /** 0 x, 1 y, 2 z: what an inner node parts; LEAF for a leaf. */
  axes: Uint32Array = new Uint32Array(4);
  /** Points with a coordinate below it are left, the others right. */
  splits: Int32Array = new Int32Array(4);
  parents: Uint32Array = new Uint32Array(4);
  /** A leaf's newest bucket stands in `lefts`. */
  lefts: Uint32Array = new Uint32Array(4);
  rights: Uint32Array = new Uint32Array(4);
  /** Points below. */
  counts: Uint32Array = new Uint32Array(4);
  /** Points that came in since the subtree was built. */
  arrivals: Uint32Array = new Uint32Array(4);
  /** min x, y, z, max x, y, z. */
  boxes: Int32Array = new Int32Array(24);
  readonly #free: number[] = [];
  #total = 0;

  get size(): number {
    return this.#total - this.#free.length;
  }

  get bytes(): number {
    return this.axes.byteLength * 7 + this.boxes.byteLength;
  }

  add(parent: number): number {
    const node = this.#free.pop() ?? this.#extend();
    this.parents[node] = parent;
    this.counts[node] = 0;
    this.arrivals[node] = 0;
    return node;
  }

  release(node: number): void {
    this.#free.push(node);
  }

  makeLeaf(node: number, bucket: number): void {
    this.axes[node] = LEAF;
    this.lefts[node] = bucket;
    this.rights[node] = NONE;
  }

  emptyBox(node: number): void {
    const base = node * 6;
    for (let axis = 0; axis < 3; axis++) {
      this.boxes[base + axis] = 0x7fff_ffff;
      this.boxes[base + 3 + axis] = -0x8000_0000;
    }
  }

  stretchBox(node: number, x: number, y: number, z: number): void {
    const { boxes } = this;
    const base = node * 6;
    if (x < (boxes[base] as number)) boxes[base] = x;
    if (y < (boxes[base + 1] as number)) boxes[base + 1] = y;
    if (z < (boxes[base + 2] as number)) boxes[base + 2] = z;
    if (x > (boxes[base + 3] as number)) boxes[base + 3] = x;
    if (y > (boxes[base + 4] as number)) boxes[base + 4] = y;
    if (z > (boxes[base + 5] as number)) boxes[base + 5] = z;
  }

  holds(node: number, x: number, y: number, z: number): boolean {
    const { boxes } = this;
    const base = node * 6;
    return (
      x >= (boxes[base] as number) &&
      y >= (boxes[base + 1] as number) &&
      z >= (boxes[base + 2] as number) &&
      x <= (boxes[base + 3] as number) &&
      y <= (boxes[base + 4] as number) &&
      z <= (boxes[base + 5] as number)
    );
  }

  isOnEdge(node: number, x: number, y: number, z: number): boolean {
    const { boxes } = this;
    const base = node * 6;
    return (
      x === boxes[base] ||
      y === boxes[base + 1] ||
      z === boxes[base + 2] ||
      x === boxes[base + 3] ||
      y === boxes[base + 4] ||
      z === boxes[base + 5]
    );
  }

  /** The axis along which the points below lie widest apart, -1 when they are all at one place. */
  widestAxis(node: number): number {
    let widest = -1;
    let extent = 0;
    for (let axis = 0; axis < 3; axis++) {
      const own = (this.boxes[node * 6 + 3 + axis] as number) - (this.boxes[node * 6 + axis] as number);
      if (own > extent) {
        extent = own;
        widest = axis;
      }
    }
    return widest;
  }

  /** Makes the box the union of the children's; false when it was already. */
  joinBoxes(node: number): boolean {
    const { boxes } = this;
    const [base, left, right] = [node * 6, (this.lefts[node] as number) * 6, (this.rights[node] as number) * 6];
    let changed = false;
    for (let i = 0; i < 6; i++) {
      const a = boxes[left + i] as number;
      const b = boxes[right + i] as number;
      const joined = i < 3 ? Math.min(a, b) : Math.max(a, b);
      if (boxes[base + i] !== joined) changed = true;
      boxes[base + i] = joined;
    }
    return changed;
  }

  #extend(): number {
    const node = this.#total++;
    if (node < this.axes.length) return node;
    const length = this.axes.length * 2;
    this.axes = widened(this.axes, new Uint32Array(length));
    this.splits = widened(this.splits, new Int32Array(length));
    this.parents = widened(this.parents, new Uint32Array(length));
    this.lefts = widened(this.lefts, new Uint32Array(length));
    this.rights = widened(this.rights, new Uint32Array(length));
    this.counts = widened(this.counts, new Uint32Array(length));
    this.arrivals = widened(this.arrivals, new Uint32Array(length));
    this.boxes = widened(this.boxes, new Int32Array(length * 6));
    return node;
  }
}
