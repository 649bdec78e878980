import type { BestHeap } from './best-heap.ts';
import { NONE } from './buckets.ts';
import { LEAF } from './kd-nodes.ts';
import type { KdTree } from './kd-tree.ts';
import { distanceKey, FAR_SLACK, QUARTER_KEY, type Vector } from './sphere.ts';

/**
 * Offers the heap every point that may belong to the nearest, nearer side first, and leaves out boxes that lie wholly beyond the worst
 * or wholly before `afterKey`. O(log n + points in the boxes that are touched).
 */
export function searchNear(tree: KdTree, [cx, cy, cz]: Vector, heap: BestHeap, afterKey: number): void {
  const { nodes, buckets } = tree;
  const { axes, lefts, rights, boxes, counts } = nodes;
  const nearestOf = (node: number): number => {
    const base = node * 6;
    const dx = gap(cx, boxes[base] as number, boxes[base + 3] as number);
    const dy = gap(cy, boxes[base + 1] as number, boxes[base + 4] as number);
    const dz = gap(cz, boxes[base + 2] as number, boxes[base + 5] as number);
    return dx * dx + dy * dy + dz * dz;
  };
  const farthestOf = (node: number): number => {
    const base = node * 6;
    const dx = Math.max(cx - (boxes[base] as number), (boxes[base + 3] as number) - cx);
    const dy = Math.max(cy - (boxes[base + 1] as number), (boxes[base + 4] as number) - cy);
    const dz = Math.max(cz - (boxes[base + 2] as number), (boxes[base + 5] as number) - cz);
    return dx * dx + dy * dy + dz * dz;
  };
  const visit = (node: number, nearest: number): void => {
    if (nearest > heap.worst + (nearest > QUARTER_KEY ? FAR_SLACK : 0)) return;
    if (afterKey > 0 && farthestOf(node) < afterKey - (afterKey > QUARTER_KEY ? FAR_SLACK : 0)) return;
    if (axes[node] === LEAF) {
      for (let bucket = lefts[node] as number; bucket !== NONE; bucket = buckets.next[bucket] as number) {
        const count = buckets.counts[bucket] as number;
        for (let at = 0; at < count; at++) {
          heap.offer(
            distanceKey(cx, cy, cz, buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at)),
            buckets.item(bucket, at),
          );
        }
      }
      return;
    }
    const left = lefts[node] as number;
    const right = rights[node] as number;
    const leftNearest = nearestOf(left);
    const rightNearest = nearestOf(right);
    if (leftNearest <= rightNearest) {
      visit(left, leftNearest);
      visit(right, rightNearest);
    } else {
      visit(right, rightNearest);
      visit(left, leftNearest);
    }
  };
  if ((counts[0] as number) > 0) visit(0, nearestOf(0));
}

const gap = (at: number, min: number, max: number): number => (at < min ? min - at : at > max ? at - max : 0);
