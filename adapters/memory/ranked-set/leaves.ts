/**
 * The leaves of a ranked tree: up to 128 entries each, as columns in chunks of 64 leaves.
 *
 *   leaf L, entry i   chunk L >> 6, index (L & 63) << 7 | i
 *   columns           scores f64 · ties f64 · members u32        20 B an entry, 2.5 KiB a leaf
 *   list              previous ◄─ L ─► next, in the order of the board; leaf 0 is always the first
 *
 * Scores and ties are f64 because both reach 2^53 - 1 and are exact there. The first chunk starts with one leaf and doubles.
 */
export const LEAF_ENTRIES = 128;
export const NO_LEAF = 0xffff_ffff;

const LEAF_SHIFT = 7;
const CHUNK_LEAVES = 64;
/** Up to so many entries a plain loop is quicker than three calls of `copyWithin` (measured). */
const LOOP_MAX = 64;
export const CHUNK_SHIFT = 6;

export class Leaves {
  readonly scores: Float64Array[] = [new Float64Array(LEAF_ENTRIES)];
  readonly ties: Float64Array[] = [new Float64Array(LEAF_ENTRIES)];
  readonly members: Uint32Array[] = [new Uint32Array(LEAF_ENTRIES)];
  counts: Uint32Array = new Uint32Array(1);
  next: Uint32Array = Uint32Array.of(NO_LEAF);
  previous: Uint32Array = Uint32Array.of(NO_LEAF);
  last = 0;
  readonly #free: number[] = [];
  #total = 1;

  get bytes(): number {
    let total = this.counts.byteLength * 3;
    for (const column of [...this.scores, ...this.ties, ...this.members]) total += column.byteLength;
    return total;
  }

  /** Leaves in use. */
  get size(): number {
    return this.#total - this.#free.length;
  }

  /** A new empty leaf right after `leaf`. */
  addAfter(leaf: number): number {
    const added = this.#free.pop() ?? this.#extend();
    const next = this.next[leaf] as number;
    this.counts[added] = 0;
    this.previous[added] = leaf;
    this.next[added] = next;
    this.next[leaf] = added;
    if (next === NO_LEAF) this.last = added;
    else this.previous[next] = added;
    return added;
  }

  /** Takes a leaf that is not the first out of the list. */
  remove(leaf: number): void {
    const previous = this.previous[leaf] as number;
    const next = this.next[leaf] as number;
    this.next[previous] = next;
    if (next === NO_LEAF) this.last = previous;
    else this.previous[next] = previous;
    this.#free.push(leaf);
  }

  scoreAt(leaf: number, at: number): number {
    return (this.scores[leaf >>> CHUNK_SHIFT] as Float64Array)[baseOf(leaf) + at] as number;
  }

  tieAt(leaf: number, at: number): number {
    return (this.ties[leaf >>> CHUNK_SHIFT] as Float64Array)[baseOf(leaf) + at] as number;
  }

  memberAt(leaf: number, at: number): number {
    return (this.members[leaf >>> CHUNK_SHIFT] as Uint32Array)[baseOf(leaf) + at] as number;
  }

  put(leaf: number, at: number, score: number, tie: number, member: number): void {
    const chunk = leaf >>> CHUNK_SHIFT;
    const index = baseOf(leaf) + at;
    (this.scores[chunk] as Float64Array)[index] = score;
    (this.ties[chunk] as Float64Array)[index] = tie;
    (this.members[chunk] as Uint32Array)[index] = member;
  }

  /** Moves entries `[from, end)` of a leaf so that they start at `to`, within the leaf. */
  shift(leaf: number, from: number, end: number, to: number): void {
    const chunk = leaf >>> CHUNK_SHIFT;
    const scores = this.scores[chunk] as Float64Array;
    const ties = this.ties[chunk] as Float64Array;
    const members = this.members[chunk] as Uint32Array;
    const base = baseOf(leaf);
    if (end - from > LOOP_MAX) {
      for (const column of [scores, ties, members]) column.copyWithin(base + to, base + from, base + end);
      return;
    }
    const offset = to - from;
    for (let i = 0; i < end - from; i++) {
      const source = base + (offset > 0 ? end - 1 - i : from + i);
      scores[source + offset] = scores[source] as number;
      ties[source + offset] = ties[source] as number;
      members[source + offset] = members[source] as number;
    }
  }

  /** Copies `count` entries from one leaf into another; counts stay as they are. */
  copy(source: number, from: number, target: number, to: number, count: number): void {
    const index = baseOf(source) + from;
    const chunk = source >>> CHUNK_SHIFT;
    const targetChunk = target >>> CHUNK_SHIFT;
    const targetIndex = baseOf(target) + to;
    (this.scores[targetChunk] as Float64Array).set((this.scores[chunk] as Float64Array).subarray(index, index + count), targetIndex);
    (this.ties[targetChunk] as Float64Array).set((this.ties[chunk] as Float64Array).subarray(index, index + count), targetIndex);
    (this.members[targetChunk] as Uint32Array).set((this.members[chunk] as Uint32Array).subarray(index, index + count), targetIndex);
  }

  #extend(): number {
    const leaf = this.#total++;
    if (leaf >= this.counts.length) {
      this.counts = grown(this.counts);
      this.next = grown(this.next);
      this.previous = grown(this.previous);
    }
    const chunk = leaf >>> CHUNK_SHIFT;
    const first = this.scores[0] as Float64Array;
    if (chunk > 0) {
      if (chunk === this.scores.length) {
        this.scores.push(new Float64Array(CHUNK_LEAVES * LEAF_ENTRIES));
        this.ties.push(new Float64Array(CHUNK_LEAVES * LEAF_ENTRIES));
        this.members.push(new Uint32Array(CHUNK_LEAVES * LEAF_ENTRIES));
      }
    } else if (leaf * LEAF_ENTRIES >= first.length) {
      this.scores[0] = widened(first, new Float64Array(first.length * 2));
      this.ties[0] = widened(this.ties[0] as Float64Array, new Float64Array(first.length * 2));
      this.members[0] = widened(this.members[0] as Uint32Array, new Uint32Array(first.length * 2));
    }
    return leaf;
  }
}

/** Index of a leaf's first entry in the columns of its chunk. */
export const baseOf = (leaf: number): number => (leaf & (CHUNK_LEAVES - 1)) << LEAF_SHIFT;

const grown = (column: Uint32Array): Uint32Array => widened(column, new Uint32Array(column.length * 2));

function widened<Column extends Uint32Array | Float64Array>(column: Column, wider: Column): Column {
  wider.set(column);
  return wider;
}
