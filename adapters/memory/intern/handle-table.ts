import { PortError } from '../../kit/index.ts';

/**
 * Handles by 32-bit hash: extendible hashing over segments of open addressing.
 *
 *   hash  [ top bits: which segment | ……… | low bits: first slot in it ]
 *   directory  0 ─► segment A        slot = [hash u32, handle u32], handle 0 is empty, linear probing, at most 4 in 5 used
 *              1 ─► segment B
 *              2 ─┬► segment C       a full segment doubles up to 16,384 slots, then splits in two; the directory doubles when it must
 *              3 ─┘
 *
 * So growth never stops the process for longer than one segment takes (about 0.3 ms), and there is no limit of entries like the 16.7 M of
 * `Map`. 8 B a slot, 10–20 B an entry. `first` and `next` are O(1) expected; hashes must be well mixed.
 */
const SEGMENT_SLOTS = 16_384;
const FIRST_SLOTS = 16;
/** Beyond this depth segments double instead: only a flood of equal hashes comes here, and splitting would not part it. */
const DEPTH_MAX = 20;

interface Segment {
  slots: Uint32Array;
  mask: number;
  used: number;
  depth: number;
}

export class HandleTable {
  #directory: Segment[] = [createSegment(FIRST_SLOTS, 0)];
  #depth = 0;
  #size = 0;
  #slots: Uint32Array = (this.#directory[0] as Segment).slots;
  #mask = 0;
  #at = 0;
  #hash = 0;

  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    let total = this.#directory.length * 8;
    for (const segment of this.#segments()) total += segment.slots.byteLength;
    return total;
  }

  /** The first handle with this hash, 0 when there is none. */
  first(hash: number): number {
    const segment = this.#segment(hash);
    this.#slots = segment.slots;
    this.#mask = segment.mask;
    this.#hash = hash;
    this.#at = hash & segment.mask;
    return this.#scan();
  }

  /** The next one after `first`; nothing may change in between. */
  next(): number {
    this.#at = (this.#at + 1) & this.#mask;
    return this.#scan();
  }

  add(hash: number, handle: number): void {
    let segment = this.#segment(hash);
    while ((segment.used + 1) * 5 > (segment.mask + 1) * 4) {
      this.#makeRoom(segment);
      segment = this.#segment(hash);
    }
    place(segment, hash, handle);
    this.#size += 1;
  }

  /** Closes the hole by moving later entries of the probe run back, so that no tombstones gather. */
  remove(hash: number, handle: number): void {
    const segment = this.#segment(hash);
    const { slots, mask } = segment;
    let hole = hash & mask;
    while (slots[hole * 2 + 1] !== handle) {
      if (slots[hole * 2 + 1] === 0) throw new PortError('INTERNAL', `handle ${handle} is not in the table`);
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; slots[at * 2 + 1] !== 0; at = (at + 1) & mask) {
      const home = (slots[at * 2] as number) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[hole * 2] = slots[at * 2] as number;
      slots[hole * 2 + 1] = slots[at * 2 + 1] as number;
      hole = at;
    }
    slots[hole * 2 + 1] = 0;
    segment.used -= 1;
    this.#size -= 1;
  }

  *handles(): Generator<number> {
    for (const { slots } of this.#segments()) {
      for (let at = 1; at < slots.length; at += 2) if (slots[at] !== 0) yield slots[at] as number;
    }
  }

  assertSound(): void {
    let total = 0;
    for (const segment of this.#segments()) {
      let used = 0;
      for (let at = 1; at < segment.slots.length; at += 2) {
        if (segment.slots[at] === 0) continue;
        used += 1;
        if (this.#segment(segment.slots[at - 1] as number) !== segment) throw new PortError('INTERNAL', 'an entry is in a foreign segment');
      }
      if (used !== segment.used) throw new PortError('INTERNAL', `a segment counts ${segment.used} and holds ${used}`);
      total += used;
    }
    if (total !== this.#size) throw new PortError('INTERNAL', `the table counts ${this.#size} and holds ${total}`);
  }

  #segment(hash: number): Segment {
    return this.#directory[this.#depth === 0 ? 0 : hash >>> (32 - this.#depth)] as Segment;
  }

  *#segments(): Generator<Segment> {
    let last: Segment | undefined;
    for (const segment of this.#directory) {
      if (segment !== last) yield segment;
      last = segment;
    }
  }

  #scan(): number {
    const slots = this.#slots;
    for (let at = this.#at; ; at = (at + 1) & this.#mask) {
      const handle = slots[at * 2 + 1] as number;
      if (handle === 0 || slots[at * 2] === this.#hash) {
        this.#at = at;
        return handle;
      }
    }
  }

  #makeRoom(segment: Segment): void {
    const isSplit = segment.mask + 1 >= SEGMENT_SLOTS && segment.depth < DEPTH_MAX;
    const { slots } = segment;
    if (!isSplit) {
      segment.mask = segment.mask * 2 + 1;
      segment.slots = new Uint32Array(slots.length * 2);
      segment.used = 0;
      for (let at = 0; at < slots.length; at += 2) if (slots[at + 1] !== 0) place(segment, slots[at] as number, slots[at + 1] as number);
      return;
    }
    if (segment.depth === this.#depth) {
      this.#directory = this.#directory.flatMap((one) => [one, one]);
      this.#depth += 1;
    }
    const depth = segment.depth + 1;
    const halves = [createSegment(segment.mask + 1, depth), createSegment(segment.mask + 1, depth)] as const;
    for (let at = 0; at < slots.length; at += 2) {
      if (slots[at + 1] === 0) continue;
      const hash = slots[at] as number;
      place((hash >>> (32 - depth)) & 1 ? halves[1] : halves[0], hash, slots[at + 1] as number);
    }
    const first = this.#directory.indexOf(segment);
    const span = 1 << (this.#depth - depth);
    for (let i = 0; i < span * 2; i++) this.#directory[first + i] = i < span ? halves[0] : halves[1];
  }
}

function createSegment(slots: number, depth: number): Segment {
  return { slots: new Uint32Array(slots * 2), mask: slots - 1, used: 0, depth };
}

function place(segment: Segment, hash: number, handle: number): void {
  const { slots, mask } = segment;
  let at = hash & mask;
  while (slots[at * 2 + 1] !== 0) at = (at + 1) & mask;
  slots[at * 2] = hash;
  slots[at * 2 + 1] = handle;
  segment.used += 1;
}
