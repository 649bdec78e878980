import { PortError } from '../../kit/index.ts';
import { BRANCH_PLACES, BRANCH_SHIFT } from './branches.ts';
import { LEAF_ENTRIES, NO_LEAF } from './leaves.ts';
import type { RankedTree } from './ranked-tree.ts';

type IsBefore = (score: number, tie: number, member: number, otherScore: number, otherTie: number, otherMember: number) => boolean;

/** Order, sizes, first keys, fillings, the list of leaves and that no node is lost. */
export function assertTreeSound(tree: RankedTree, isBefore: IsBefore): void {
  const { leaves, branches } = tree;
  const { node: root, height } = tree.root;
  const inOrder: number[] = [];
  let branchCount = 0;

  const firstLeaf = (node: number, levels: number): number =>
    levels === 0 ? node : firstLeaf(branches.children[node << BRANCH_SHIFT] as number, levels - 1);
  const walk = (node: number, levels: number, isRoot: boolean): number => {
    if (levels === 0) {
      inOrder.push(node);
      const count = leaves.counts[node] as number;
      check(count <= LEAF_ENTRIES && (isRoot || count >= LEAF_ENTRIES / 4), `leaf ${node} holds ${count}`);
      return count;
    }
    branchCount += 1;
    const count = branches.counts[node] as number;
    check(count <= BRANCH_PLACES && count >= (isRoot ? 2 : BRANCH_PLACES / 4), `branch ${node} holds ${count}`);
    let total = 0;
    for (let index = node << BRANCH_SHIFT; index < (node << BRANCH_SHIFT) + count; index++) {
      const child = branches.children[index] as number;
      const size = walk(child, levels - 1, false);
      check(size === branches.sizes[index], `place ${index} counts ${branches.sizes[index]} and holds ${size}`);
      total += size;
      if (index === node << BRANCH_SHIFT) continue;
      const leaf = firstLeaf(child, levels - 1);
      const isExact =
        branches.scores[index] === leaves.scoreAt(leaf, 0) &&
        branches.ties[index] === leaves.tieAt(leaf, 0) &&
        branches.members[index] === leaves.memberAt(leaf, 0);
      check(isExact, `place ${index} does not show its first key`);
    }
    return total;
  };
  check(walk(root, height, true) === tree.size, 'the tree does not hold what it counts');
  check(branchCount === branches.size, `${branchCount} branches are reachable of ${branches.size}`);
  check(inOrder.length === leaves.size, `${inOrder.length} leaves are reachable of ${leaves.size}`);
  check(inOrder[0] === 0 && inOrder.at(-1) === leaves.last, 'the ends of the list are not the ends of the tree');

  let previous: readonly [number, number, number] | undefined;
  for (const [i, leaf] of inOrder.entries()) {
    check(leaves.next[leaf] === (inOrder[i + 1] ?? NO_LEAF), `leaf ${leaf} has a wrong next`);
    check(leaves.previous[leaf] === (inOrder[i - 1] ?? NO_LEAF), `leaf ${leaf} has a wrong previous`);
    for (let at = 0; at < (leaves.counts[leaf] as number); at++) {
      const entry = [leaves.scoreAt(leaf, at), leaves.tieAt(leaf, at), leaves.memberAt(leaf, at)] as const;
      if (previous) check(isBefore(...previous, ...entry), `leaf ${leaf} is out of order at ${at}`);
      previous = entry;
    }
  }
}

function check(holds: boolean, message: string): void {
  if (!holds) throw new PortError('INTERNAL', message);
}
