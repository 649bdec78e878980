/**
 * Where the points of a k-d tree lie: buckets of 64, as columns in chunks of 64 buckets.
 *
 *   bucket B, entry i    chunk B >> 6, index (B & 63) << 6 | i
 *   columns              x · y · z i32 · item u32          16 B an entry
 *   per bucket           count, owner (the leaf node), next (older bucket of the same leaf, for points at one place)
 */
export const BUCKET_ENTRIES = 64;
export const NONE = 0xffff_ffff;

const SHIFT = 6;
const CHUNK_BUCKETS = 64;
const CHUNK_ENTRIES = CHUNK_BUCKETS * BUCKET_ENTRIES;

export class Buckets {
  readonly xs: Int32Array[] = [];
  readonly ys: Int32Array[] = [];
  readonly zs: Int32Array[] = [];
  readonly items: Uint32Array[] = [];
  counts: Uint32Array = new Uint32Array(4);
  owners: Uint32Array = new Uint32Array(4);
  next: Uint32Array = new Uint32Array(4);
  readonly #free: number[] = [];
  #total = 0;

  get size(): number {
    return this.#total - this.#free.length;
  }

  get bytes(): number {
    return this.xs.reduce((total, column) => total + column.byteLength * 4, this.counts.byteLength * 3);
  }

  add(owner: number, next: number): number {
    const bucket = this.#free.pop() ?? this.#extend();
    this.counts[bucket] = 0;
    this.owners[bucket] = owner;
    this.next[bucket] = next;
    return bucket;
  }

  release(bucket: number): void {
    this.#free.push(bucket);
  }

  put(bucket: number, at: number, x: number, y: number, z: number, item: number): void {
    const chunk = bucket >>> SHIFT;
    const index = baseOf(bucket) + at;
    (this.xs[chunk] as Int32Array)[index] = x;
    (this.ys[chunk] as Int32Array)[index] = y;
    (this.zs[chunk] as Int32Array)[index] = z;
    (this.items[chunk] as Uint32Array)[index] = item;
  }

  x(bucket: number, at: number): number {
    return (this.xs[bucket >>> SHIFT] as Int32Array)[baseOf(bucket) + at] as number;
  }

  y(bucket: number, at: number): number {
    return (this.ys[bucket >>> SHIFT] as Int32Array)[baseOf(bucket) + at] as number;
  }

  z(bucket: number, at: number): number {
    return (this.zs[bucket >>> SHIFT] as Int32Array)[baseOf(bucket) + at] as number;
  }

  item(bucket: number, at: number): number {
    return (this.items[bucket >>> SHIFT] as Uint32Array)[baseOf(bucket) + at] as number;
  }

  /** 0 x, 1 y, 2 z. */
  coordinate(bucket: number, at: number, axis: number): number {
    if (axis === 0) return this.x(bucket, at);
    return axis === 1 ? this.y(bucket, at) : this.z(bucket, at);
  }

  positionOf(bucket: number, item: number): number {
    const column = this.items[bucket >>> SHIFT] as Uint32Array;
    const base = baseOf(bucket);
    let at = 0;
    while (column[base + at] !== item) at += 1;
    return at;
  }

  #extend(): number {
    const bucket = this.#total++;
    if (bucket >= this.counts.length) {
      this.counts = widened(this.counts, new Uint32Array(bucket * 2));
      this.owners = widened(this.owners, new Uint32Array(bucket * 2));
      this.next = widened(this.next, new Uint32Array(bucket * 2));
    }
    const chunk = bucket >>> SHIFT;
    const entries = (this.xs[chunk]?.length ?? 0) as number;
    const needed = baseOf(bucket) + BUCKET_ENTRIES;
    if (needed > entries) {
      // The first chunk doubles from one bucket, so that small layers stay small; later ones come whole.
      const length = chunk > 0 ? CHUNK_ENTRIES : Math.max(BUCKET_ENTRIES, entries * 2);
      for (const columns of [this.xs, this.ys, this.zs]) columns[chunk] = widened(columns[chunk], new Int32Array(length));
      this.items[chunk] = widened(this.items[chunk], new Uint32Array(length));
    }
    return bucket;
  }
}

const baseOf = (bucket: number): number => (bucket & (CHUNK_BUCKETS - 1)) << SHIFT;

export function widened<Column extends Uint32Array | Int32Array>(column: Column | undefined, wider: Column): Column {
  if (column !== undefined) wider.set(column);
  return wider;
}
