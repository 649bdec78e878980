import { BUCKET_ENTRIES, NONE } from './buckets.ts';
import { LEAF } from './kd-nodes.ts';
import type { KdTree } from './kd-tree.ts';

export interface PointColumns {
  /** x, y, z. */
  readonly axes: readonly [Int32Array, Int32Array, Int32Array];
  readonly items: Uint32Array;
}

/** Room for a quarter more, so that the next points do not split every leaf at once. */
const FILLED = BUCKET_ENTRIES - BUCKET_ENTRIES / 4;

/** Takes all points out of a subtree and frees what is below its node; the node itself stays for `buildSubtree`. */
export function collectSubtree({ nodes, buckets }: KdTree, root: number): PointColumns {
  const count = nodes.counts[root] as number;
  const axes = [new Int32Array(count), new Int32Array(count), new Int32Array(count)] as const;
  const items = new Uint32Array(count);
  let filled = 0;
  const take = (node: number) => {
    if (nodes.axes[node] !== LEAF) {
      take(nodes.lefts[node] as number);
      take(nodes.rights[node] as number);
    } else {
      for (let bucket = nodes.lefts[node] as number; bucket !== NONE; bucket = buckets.next[bucket] as number) {
        for (let at = 0; at < (buckets.counts[bucket] as number); at++) {
          axes[0][filled] = buckets.x(bucket, at);
          axes[1][filled] = buckets.y(bucket, at);
          axes[2][filled] = buckets.z(bucket, at);
          items[filled++] = buckets.item(bucket, at);
        }
        buckets.release(bucket);
      }
    }
    if (node !== root) nodes.release(node);
  };
  take(root);
  return { axes, items };
}

/** A balanced subtree over points `[from, end)`, in O(n log n): split at the median of the widest axis, down to three quarters of a bucket. */
export function buildSubtree(
  tree: KdTree,
  node: number,
  points: PointColumns,
  from: number,
  end: number,
  setBucket: (item: number, bucket: number) => void,
): void {
  const { nodes } = tree;
  const [xs, ys, zs] = points.axes;
  nodes.counts[node] = end - from;
  nodes.arrivals[node] = 0;
  nodes.emptyBox(node);
  for (let i = from; i < end; i++) nodes.stretchBox(node, xs[i] as number, ys[i] as number, zs[i] as number);
  const axis = nodes.widestAxis(node);
  if (end - from <= FILLED || axis < 0) {
    fillLeaf(tree, node, points, from, end, setBucket);
    return;
  }
  const [split, middle] = part(points, points.axes[axis] as Int32Array, from, end);
  const left = nodes.add(node);
  const right = nodes.add(node);
  nodes.axes[node] = axis;
  nodes.splits[node] = split;
  nodes.lefts[node] = left;
  nodes.rights[node] = right;
  buildSubtree(tree, left, points, from, middle, setBucket);
  buildSubtree(tree, right, points, middle, end, setBucket);
}

function fillLeaf(
  { nodes, buckets }: KdTree,
  node: number,
  { axes, items }: PointColumns,
  from: number,
  end: number,
  setBucket: (item: number, bucket: number) => void,
): void {
  let bucket = buckets.add(node, NONE);
  for (let i = from; i < end; i++) {
    if (buckets.counts[bucket] === BUCKET_ENTRIES) bucket = buckets.add(node, bucket);
    const at = buckets.counts[bucket] as number;
    buckets.put(bucket, at, axes[0][i] as number, axes[1][i] as number, axes[2][i] as number, items[i] as number);
    buckets.counts[bucket] = at + 1;
    setBucket(items[i] as number, bucket);
  }
  nodes.makeLeaf(node, bucket);
}

/** Orders `[from, end)` so that all points below the split value come first; neither side is empty. */
function part(points: PointColumns, values: Int32Array, from: number, end: number): readonly [split: number, middle: number] {
  const target = (from + end) >> 1;
  let low = from;
  let high = end - 1;
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number;
    let i = low;
    let j = high;
    while (i <= j) {
      while ((values[i] as number) < pivot) i += 1;
      while ((values[j] as number) > pivot) j -= 1;
      if (i <= j) swap(points, i++, j--);
    }
    if (target <= j) high = j;
    else if (target >= i) low = i;
    else break;
  }
  let split = values[target] as number;
  let middle = gather(points, values, split, from, end);
  if (middle > from) return [split, middle];
  // The median is the smallest value: the split is the next one above it.
  let above = 0x7fff_ffff;
  for (let i = from; i < end; i++) if ((values[i] as number) > split && (values[i] as number) < above) above = values[i] as number;
  split = above;
  middle = gather(points, values, split, from, end);
  return [split, middle];
}

function gather(points: PointColumns, values: Int32Array, split: number, from: number, end: number): number {
  let middle = from;
  for (let i = from; i < end; i++) if ((values[i] as number) < split) swap(points, i, middle++);
  return middle;
}

function swap({ axes, items }: PointColumns, i: number, j: number): void {
  if (i === j) return;
  for (const column of axes) {
    const kept = column[i] as number;
    column[i] = column[j] as number;
    column[j] = kept;
  }
  const kept = items[i] as number;
  items[i] = items[j] as number;
  items[j] = kept;
}
