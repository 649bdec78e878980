import { randomInt } from 'node:crypto';
import { PortError } from '../../kit/index.ts';
import { HandleTable } from './handle-table.ts';
import { RecordHeap, TEXT_BYTES_MAX } from './record-heap.ts';

/**
 * Texts to handles and back, with a few numbers beside each text (`RecordHeap`), found by hash (`HandleTable`).
 * A released handle is given to another text later: whoever keeps handles drops them first.
 *
 * Cost: about 8 B × (1 + fields) + text for the record, 9–20 B for the slot. `find`, `intern` and `release` are O(text).
 */
export class Interner {
  readonly heap: RecordHeap;
  readonly #table: HandleTable;
  /** Chosen at random, so that nobody can prepare ids that share their hash. */
  readonly #seed = randomInt(2 ** 32);
  #length = 0;
  #hash = 0;
  #isAscii = true;

  constructor(fields: number) {
    this.heap = new RecordHeap(fields);
    this.#table = new HandleTable();
  }

  get size(): number {
    return this.#table.size;
  }

  get bytes(): number {
    return this.heap.bytes + this.#table.bytes;
  }

  /** 0 when it is not there. */
  find(text: string): number {
    this.#encode(text);
    return this.#lookup();
  }

  /** The text's handle; a new one has all numbers 0 and shows by a grown `size`. */
  intern(text: string): number {
    this.#encode(text);
    return this.#lookup() || this.#add();
  }

  release(handle: number): void {
    this.#encode(this.heap.text(handle));
    this.#table.remove(this.#hash, handle);
    this.heap.release(handle);
  }

  text(handle: number): string {
    return this.heap.text(handle);
  }

  *handles(): Generator<number> {
    yield* this.#table.handles();
  }

  /** Throws when a text is not found under its own handle. O(n). For tests. */
  assertSound(): void {
    this.#table.assertSound();
    let count = 0;
    for (const handle of this.#table.handles()) {
      count += 1;
      if (this.find(this.heap.text(handle)) !== handle) throw new PortError('INTERNAL', `handle ${handle} is not found by its text`);
    }
    if (count !== this.size) throw new PortError('INTERNAL', `${count} handles, but a size of ${this.size}`);
  }

  #lookup(): number {
    const table = this.#table;
    for (let handle = table.first(this.#hash); handle !== 0; handle = table.next()) {
      if (this.heap.matches(handle, scratch, this.#length)) return handle;
    }
    return 0;
  }

  #add(): number {
    const handle = this.heap.allocate(scratch, this.#length, this.#isAscii);
    this.#table.add(this.#hash, handle);
    return handle;
  }

  /** Leaves bytes, length and hash of the text in place: UTF-8, hashed by the byte, mixed at the end (Murmur3's finalizer). */
  #encode(text: string): void {
    const units = text.length;
    let hash = this.#seed;
    this.#isAscii = true;
    this.#length = units;
    if (units > TEXT_BYTES_MAX) this.#length = TEXT_BYTES_MAX + 1;
    for (let i = 0; i < units; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        this.#isAscii = false;
        this.#length = encoder.encodeInto(text, scratch).written;
        hash = this.#seed;
        for (let at = 0; at < this.#length; at++) hash = step(hash, scratch[at] as number);
        break;
      }
      scratch[i] = unit;
      hash = step(hash, unit);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    this.#hash = (hash ^ (hash >>> 16)) >>> 0;
  }
}

const encoder = new TextEncoder();
/** One buffer serves all interners: nothing is awaited between encoding a text and using its bytes. */
const scratch = new Uint8Array(TEXT_BYTES_MAX * 3);

function step(hash: number, byte: number): number {
  const mixed = Math.imul(hash ^ byte, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}
