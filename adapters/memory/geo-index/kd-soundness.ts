import { PortError } from '../../kit/index.ts';
import { BUCKET_ENTRIES, NONE } from './buckets.ts';
import { LEAF } from './kd-nodes.ts';
import type { KdTree } from './kd-tree.ts';

/** Tight boxes, sides of the splits, counts, owners, chains only at one place, and that no node or bucket is lost. */
export function assertKdSound({ nodes, buckets, size }: KdTree, bucketOf: (item: number) => number): void {
  let nodeCount = 0;
  let bucketCount = 0;
  const boxOf = (node: number) => [...nodes.boxes.subarray(node * 6, node * 6 + 6)];
  const walk = (node: number, parent: number): readonly number[][] => {
    nodeCount += 1;
    check(nodes.parents[node] === parent, `node ${node} has a wrong parent`);
    const points = nodes.axes[node] === LEAF ? readLeaf(node) : readInner(node);
    check(points.length === nodes.counts[node], `node ${node} counts ${nodes.counts[node]} and holds ${points.length}`);
    if (points.length > 0) {
      const box = [0, 1, 2, 3, 4, 5].map((i) => {
        let bound = points[0]?.[i % 3] as number;
        for (const point of points) bound = i < 3 ? Math.min(bound, point[i % 3] as number) : Math.max(bound, point[i % 3] as number);
        return bound;
      });
      check(box.join() === boxOf(node).join(), `the box of node ${node} is not tight: ${boxOf(node).join()} around ${box.join()}`);
    }
    return points;
  };
  const readInner = (node: number): readonly number[][] => {
    const axis = nodes.axes[node] as number;
    const left = walk(nodes.lefts[node] as number, node);
    const right = walk(nodes.rights[node] as number, node);
    const split = nodes.splits[node] as number;
    check(left.length > 0 && right.length > 0, `node ${node} has an empty side`);
    check(
      left.every((point) => (point[axis] as number) < split) && right.every((point) => (point[axis] as number) >= split),
      `node ${node} holds a point on the wrong side`,
    );
    return left.concat(right);
  };
  const readLeaf = (node: number): readonly number[][] => {
    const points: number[][] = [];
    const head = nodes.lefts[node] as number;
    for (let bucket = head; bucket !== NONE; bucket = buckets.next[bucket] as number) {
      bucketCount += 1;
      check(buckets.owners[bucket] === node, `bucket ${bucket} has a wrong owner`);
      const count = buckets.counts[bucket] as number;
      check(bucket === head || count === BUCKET_ENTRIES, `an older bucket holds ${count}`);
      for (let at = 0; at < count; at++) {
        check(bucketOf(buckets.item(bucket, at)) === bucket, `an item of bucket ${bucket} looks for itself elsewhere`);
        points.push([buckets.x(bucket, at), buckets.y(bucket, at), buckets.z(bucket, at)]);
      }
    }
    check(buckets.next[head] === NONE || nodes.widestAxis(node) < 0, `leaf ${node} chains points of several places`);
    return points;
  };
  check(walk(0, NONE).length === size, 'the tree does not hold what it counts');
  check(nodeCount === nodes.size, `${nodeCount} nodes are reachable of ${nodes.size}`);
  check(bucketCount === buckets.size, `${bucketCount} buckets are reachable of ${buckets.size}`);
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new PortError('INTERNAL', message);
}
