/**
 * Small records in large byte chunks: a few numbers and a text of 1–128 bytes each.
 *
 *   word 0 … F-1      the record's numbers (f64; see `fields`)
 *   next byte         text length - 1 in bits 0–6, bit 7: some byte is not ASCII
 *   next bytes        the text, padded to a word of 8 bytes
 *
 * A handle is the word offset of its record over all chunks (`chunk << 17 | word`), so it fits 32 bits up to 32 GiB; 0 is none.
 * A released record goes to the free list of its size and is taken first by the next text of that size. Memory is therefore bounded by
 * the peak of each size (F + 1 … F + 17 words), not by the churn. The first chunk grows from 1 KiB, so that small boards stay small.
 */
export const TEXT_BYTES_MAX = 128;

const CHUNK_SHIFT = 17;
const CHUNK_WORDS = 1 << CHUNK_SHIFT;
const WORD_MASK = CHUNK_WORDS - 1;
const FIRST_WORDS = 128;
const SIZES = 17;

export class RecordHeap {
  readonly #fields: number;
  readonly #words: Float64Array[] = [];
  readonly #bytes: Buffer[] = [];
  readonly #halves: Uint32Array[] = [];
  /** Head of the free list per text size in words; a free record's first word names the next one. */
  readonly #free = new Float64Array(SIZES + 1);
  #end = 1;

  constructor(fields: number) {
    this.#fields = fields;
    this.#addChunk(FIRST_WORDS);
  }

  /** Bytes held, free records and the unused rest of the last chunk included. */
  get bytes(): number {
    let total = 0;
    for (const words of this.#words) total += words.byteLength;
    return total;
  }

  /** A record with all numbers 0. `text[0..length)` is copied. */
  allocate(text: Uint8Array, length: number, isAscii: boolean): number {
    const textWords = (length + 8) >>> 3;
    let handle = this.#free[textWords] as number;
    if (handle === 0) handle = this.#extend(this.#fields + textWords);
    else this.#free[textWords] = this.get(handle, 0);
    const chunk = handle >>> CHUNK_SHIFT;
    const word = handle & WORD_MASK;
    (this.#words[chunk] as Float64Array).fill(0, word, word + this.#fields);
    const bytes = this.#bytes[chunk] as Buffer;
    let at = (word + this.#fields) << 3;
    bytes[at++] = (length - 1) | (isAscii ? 0 : 0x80);
    for (let i = 0; i < length; i++) bytes[at + i] = text[i] as number;
    return handle;
  }

  release(handle: number): void {
    const textWords = (this.#length(handle) + 8) >>> 3;
    this.set(handle, 0, this.#free[textWords] as number);
    this.#free[textWords] = handle;
  }

  get(handle: number, field: number): number {
    return (this.#words[handle >>> CHUNK_SHIFT] as Float64Array)[(handle & WORD_MASK) + field] as number;
  }

  set(handle: number, field: number, value: number): void {
    (this.#words[handle >>> CHUNK_SHIFT] as Float64Array)[(handle & WORD_MASK) + field] = value;
  }

  /** Half a number, for two integers in the place of one: 0 or 1 of field 0, 2 or 3 of field 1, and so on. */
  getHalf(handle: number, half: number): number {
    return (this.#halves[handle >>> CHUNK_SHIFT] as Uint32Array)[(handle & WORD_MASK) * 2 + half] as number;
  }

  setHalf(handle: number, half: number, value: number): void {
    (this.#halves[handle >>> CHUNK_SHIFT] as Uint32Array)[(handle & WORD_MASK) * 2 + half] = value;
  }

  text(handle: number): string {
    const bytes = this.#bytes[handle >>> CHUNK_SHIFT] as Buffer;
    const at = ((handle & WORD_MASK) + this.#fields) << 3;
    const head = bytes[at] as number;
    const end = at + 2 + (head & 0x7f);
    return bytes.toString(head > 0x7f ? 'utf8' : 'latin1', at + 1, end);
  }

  matches(handle: number, text: Uint8Array, length: number): boolean {
    const bytes = this.#bytes[handle >>> CHUNK_SHIFT] as Buffer;
    let at = ((handle & WORD_MASK) + this.#fields) << 3;
    if (((bytes[at++] as number) & 0x7f) !== length - 1) return false;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== text[i]) return false;
    return true;
  }

  /** By bytes, ascending; a prefix comes first. */
  compare(a: number, b: number): number {
    if (a === b) return 0;
    const left = this.#bytes[a >>> CHUNK_SHIFT] as Buffer;
    const right = this.#bytes[b >>> CHUNK_SHIFT] as Buffer;
    const leftAt = (((a & WORD_MASK) + this.#fields) << 3) + 1;
    const rightAt = (((b & WORD_MASK) + this.#fields) << 3) + 1;
    const leftLength = this.#length(a);
    const rightLength = this.#length(b);
    const shared = leftLength < rightLength ? leftLength : rightLength;
    for (let i = 0; i < shared; i++) {
      const difference = (left[leftAt + i] as number) - (right[rightAt + i] as number);
      if (difference !== 0) return difference;
    }
    return leftLength - rightLength;
  }

  /** The same order against bytes that are not in the heap. */
  compareTo(handle: number, text: Uint8Array, length: number): number {
    const bytes = this.#bytes[handle >>> CHUNK_SHIFT] as Buffer;
    const at = (((handle & WORD_MASK) + this.#fields) << 3) + 1;
    const own = this.#length(handle);
    const shared = own < length ? own : length;
    for (let i = 0; i < shared; i++) {
      const difference = (bytes[at + i] as number) - (text[i] as number);
      if (difference !== 0) return difference;
    }
    return own - length;
  }

  #length(handle: number): number {
    const bytes = this.#bytes[handle >>> CHUNK_SHIFT] as Buffer;
    return ((bytes[((handle & WORD_MASK) + this.#fields) << 3] as number) & 0x7f) + 1;
  }

  #extend(words: number): number {
    const room = (this.#words.at(-1) as Float64Array).length;
    if ((this.#end & WORD_MASK) + words > room || (this.#end !== 1 && (this.#end & WORD_MASK) === 0)) {
      if (this.#words.length === 1 && room < CHUNK_WORDS) this.#growFirst(room * 2);
      else this.#end = this.#addChunk(CHUNK_WORDS) * CHUNK_WORDS;
    }
    const handle = this.#end;
    this.#end += words;
    return handle;
  }

  #addChunk(words: number): number {
    const chunk = new Float64Array(words);
    this.#bytes.push(Buffer.from(chunk.buffer));
    this.#halves.push(new Uint32Array(chunk.buffer));
    return this.#words.push(chunk) - 1;
  }

  #growFirst(words: number): void {
    const chunk = new Float64Array(words);
    chunk.set(this.#words[0] as Float64Array);
    this.#words[0] = chunk;
    this.#bytes[0] = Buffer.from(chunk.buffer);
    this.#halves[0] = new Uint32Array(chunk.buffer);
  }
}
