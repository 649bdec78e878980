/**
 * The inner nodes of a ranked tree, as columns of 64 places a node.
 *
 *   node N, place i      index N << 6 | i
 *   children u32         a node of the level below, or a leaf
 *   sizes u32            entries below that child
 *   first key            scores f64 · ties f64 · members u32: the first entry below that child, exactly; place 0 is never read
 *
 * 28 B a place; a board of 25 M members has about 6,500 nodes.
 */
export const BRANCH_PLACES = 64;
export const BRANCH_SHIFT = 6;

export class Branches {
  children: Uint32Array = new Uint32Array(0);
  sizes: Uint32Array = new Uint32Array(0);
  members: Uint32Array = new Uint32Array(0);
  scores: Float64Array = new Float64Array(0);
  ties: Float64Array = new Float64Array(0);
  /** Children per node. */
  counts: Uint32Array = new Uint32Array(0);
  readonly #free: number[] = [];
  #total = 0;

  get bytes(): number {
    return this.children.byteLength * 3 + this.scores.byteLength * 2 + this.counts.byteLength;
  }

  get size(): number {
    return this.#total - this.#free.length;
  }

  add(): number {
    const node = this.#free.pop() ?? this.#extend();
    this.counts[node] = 0;
    return node;
  }

  release(node: number): void {
    this.#free.push(node);
  }

  put(index: number, child: number, size: number, score: number, tie: number, member: number): void {
    this.children[index] = child;
    this.sizes[index] = size;
    this.putKey(index, score, tie, member);
  }

  putKey(index: number, score: number, tie: number, member: number): void {
    this.scores[index] = score;
    this.ties[index] = tie;
    this.members[index] = member;
  }

  copyKey(source: number, target: number): void {
    this.putKey(target, this.scores[source] as number, this.ties[source] as number, this.members[source] as number);
  }

  /** Moves places `[from, end)` so that they start at `to`; all three are column indexes. Counts stay as they are. */
  move(from: number, end: number, to: number): void {
    for (const column of [this.children, this.sizes, this.members, this.scores, this.ties]) column.copyWithin(to, from, end);
  }

  /** Entries below the node. */
  weigh(node: number): number {
    let total = 0;
    const base = node << BRANCH_SHIFT;
    for (let i = 0; i < (this.counts[node] as number); i++) total += this.sizes[base + i] as number;
    return total;
  }

  #extend(): number {
    const node = this.#total++;
    if (node < this.counts.length) return node;
    const nodes = Math.max(1, this.counts.length * 2);
    const places = nodes << BRANCH_SHIFT;
    this.children = widened(this.children, new Uint32Array(places));
    this.sizes = widened(this.sizes, new Uint32Array(places));
    this.members = widened(this.members, new Uint32Array(places));
    this.scores = widened(this.scores, new Float64Array(places));
    this.ties = widened(this.ties, new Float64Array(places));
    this.counts = widened(this.counts, new Uint32Array(nodes));
    return node;
  }
}

function widened<Column extends Uint32Array | Float64Array>(column: Column, wider: Column): Column {
  wider.set(column);
  return wider;
}
