/**
 * What expires next: a binary heap by instant that tells each item its slot (1-based; 0 is "not in the heap"), so that an item whose
 * instant moves or that is removed leaves at once and nothing stale gathers. `add`, `remove` and `takeExpired` are O(log n).
 */
export interface ExpiryHeap<Item> {
  readonly size: number;
  /** Null when nothing expires. */
  readonly nextMs: number | null;
  atMs(slot: number): number;
  add(item: Item, atMs: number): void;
  remove(slot: number): void;
  /** Takes one item whose instant has come; undefined when there is none. */
  takeExpired(nowMs: number): Item | undefined;
}

export function createExpiryHeap<Item>(place: (item: Item, slot: number) => void): ExpiryHeap<Item> {
  const instants: number[] = [0];
  const items: (Item | undefined)[] = [undefined];

  const put = (slot: number, item: Item, atMs: number) => {
    instants[slot] = atMs;
    items[slot] = item;
    place(item, slot);
  };
  const rise = (from: number, item: Item, atMs: number) => {
    let slot = from;
    while (slot > 1 && (instants[slot >> 1] as number) > atMs) {
      put(slot, items[slot >> 1] as Item, instants[slot >> 1] as number);
      slot >>= 1;
    }
    put(slot, item, atMs);
  };
  const sink = (from: number, item: Item, atMs: number) => {
    let slot = from;
    for (;;) {
      let child = slot * 2;
      if (child >= instants.length) break;
      if (child + 1 < instants.length && (instants[child + 1] as number) < (instants[child] as number)) child += 1;
      if ((instants[child] as number) >= atMs) break;
      put(slot, items[child] as Item, instants[child] as number);
      slot = child;
    }
    put(slot, item, atMs);
  };
  const remove = (slot: number) => {
    place(items[slot] as Item, 0);
    const atMs = instants.pop() as number;
    const last = items.pop() as Item;
    if (slot === instants.length) return;
    if (slot > 1 && (instants[slot >> 1] as number) > atMs) rise(slot, last, atMs);
    else sink(slot, last, atMs);
  };

  return {
    get size() {
      return instants.length - 1;
    },
    get nextMs() {
      return instants[1] ?? null;
    },
    atMs: (slot) => instants[slot] as number,
    add(item, atMs) {
      instants.push(atMs);
      items.push(item);
      rise(instants.length - 1, item, atMs);
    },
    remove,
    takeExpired(nowMs) {
      if (instants.length === 1 || (instants[1] as number) > nowMs) return undefined;
      const item = items[1] as Item;
      remove(1);
      return item;
    },
  };
}
