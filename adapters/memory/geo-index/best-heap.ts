import type { RecordHeap } from '../intern/record-heap.ts';

/** Where a page starts: after this key and, at it, after this id. */
export interface Mark {
  readonly key: number;
  readonly id: Uint8Array;
}

/**
 * The `max` first points by (key, id bytes): a binary heap with the worst on top. `offer` is O(1) for what is no better than the worst
 * and O(log max) for the rest.
 */
export class BestHeap {
  readonly #records: RecordHeap;
  readonly #max: number;
  readonly #after: Mark | undefined;
  readonly #keys: Float64Array;
  readonly #items: Uint32Array;
  #size = 0;
  /** No key beyond it can still come in. */
  worst: number;

  constructor(records: RecordHeap, max: number, limitKey: number, after: Mark | undefined) {
    this.#records = records;
    this.#max = max;
    this.#after = after;
    this.#keys = new Float64Array(max);
    this.#items = new Uint32Array(max);
    this.worst = limitKey;
  }

  offer(key: number, item: number): void {
    if (key > this.worst || !this.#isAfterMark(key, item)) return;
    if (this.#size < this.#max) this.#rise(this.#size++, key, item);
    else if (this.#isBefore(key, item, this.#keys[0] as number, this.#items[0] as number)) this.#sink(key, item);
    else return;
    if (this.#size === this.#max) this.worst = this.#keys[0] as number;
  }

  /** In order. */
  sorted(): { readonly key: number; readonly item: number }[] {
    const found = Array.from({ length: this.#size }, (_, i) => ({ key: this.#keys[i] as number, item: this.#items[i] as number }));
    return found.sort((a, b) => a.key - b.key || this.#records.compare(a.item, b.item));
  }

  #isAfterMark(key: number, item: number): boolean {
    const after = this.#after;
    if (after === undefined || key > after.key) return true;
    return key === after.key && this.#records.compareTo(item, after.id, after.id.length) > 0;
  }

  #isBefore(key: number, item: number, otherKey: number, otherItem: number): boolean {
    return key < otherKey || (key === otherKey && this.#records.compare(item, otherItem) < 0);
  }

  #rise(from: number, key: number, item: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const parentKey = this.#keys[parent] as number;
      const parentItem = this.#items[parent] as number;
      if (!this.#isBefore(parentKey, parentItem, key, item)) break;
      this.#keys[at] = parentKey;
      this.#items[at] = parentItem;
      at = parent;
    }
    this.#keys[at] = key;
    this.#items[at] = item;
  }

  #sink(key: number, item: number): void {
    const keys = this.#keys;
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (
        right < this.#size &&
        this.#isBefore(keys[child] as number, items[child] as number, keys[right] as number, items[right] as number)
      ) {
        child = right;
      }
      if (!this.#isBefore(key, item, keys[child] as number, items[child] as number)) break;
      keys[at] = keys[child] as number;
      items[at] = items[child] as number;
      at = child;
    }
    keys[at] = key;
    items[at] = item;
  }
}
