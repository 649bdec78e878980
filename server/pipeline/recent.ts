/**
 * A bounded map for texts that strangers send. A newcomer waits in a small room; only what is asked for again moves to the large one,
 * so a flood of one-shot entries never pushes out what is in use.
 *
 *   put ──► newcomers (a quarter) ──get──► regulars (the rest)
 *             oldest falls out               least recent falls back to the newcomers
 *
 * `weight` of an entry counts against `weightMax` over both rooms. Every act is O(1).
 */
export class RecentMap<Value> {
  readonly #newcomers = new Map<string, Weighed<Value>>();
  readonly #regulars = new Map<string, Weighed<Value>>();
  readonly #newcomersMax: number;
  readonly #regularsMax: number;
  readonly #weightMax: number;
  #weight = 0;

  constructor(entriesMax: number, weightMax: number) {
    this.#newcomersMax = Math.max(1, Math.floor(entriesMax / 4));
    this.#regularsMax = Math.max(1, entriesMax - this.#newcomersMax);
    this.#weightMax = weightMax;
  }

  get size(): number {
    return this.#newcomers.size + this.#regulars.size;
  }

  get(key: string): Value | undefined {
    const regular = this.#regulars.get(key);
    if (regular !== undefined) {
      regular.uses += 1;
      if ((regular.uses & 63) === 0) this.#moveToBack(key, regular);
      return regular.value;
    }
    const newcomer = this.#newcomers.get(key);
    if (newcomer === undefined) return undefined;
    this.#newcomers.delete(key);
    this.#regulars.set(key, newcomer);
    if (this.#regulars.size > this.#regularsMax) this.#demoteOldest();
    return newcomer.value;
  }

  put(key: string, value: Value, weight: number): void {
    this.delete(key);
    if (weight > this.#weightMax) return;
    this.#newcomers.set(key, { value, weight, uses: 0 });
    this.#weight += weight;
    this.#trim();
  }

  delete(key: string): void {
    for (const room of [this.#newcomers, this.#regulars]) {
      const found = room.get(key);
      if (found === undefined) continue;
      room.delete(key);
      this.#weight -= found.weight;
    }
  }

  #demoteOldest(): void {
    const [oldest] = this.#regulars;
    if (oldest === undefined) return;
    this.#regulars.delete(oldest[0]);
    this.#newcomers.set(oldest[0], oldest[1]);
    this.#trim();
  }

  #trim(): void {
    while (this.#newcomers.size > this.#newcomersMax) this.#dropOldest(this.#newcomers);
    while (this.#weight > this.#weightMax)
      this.#dropOldest(this.#newcomers.size > 1 || this.#regulars.size === 0 ? this.#newcomers : this.#regulars);
  }

  #dropOldest(room: Map<string, Weighed<Value>>): void {
    const [oldest] = room;
    if (oldest === undefined) return;
    room.delete(oldest[0]);
    this.#weight -= oldest[1].weight;
  }

  /** Recency to within 64 uses: moving an entry on each hit would cost more than the lookup. */
  #moveToBack(key: string, entry: Weighed<Value>): void {
    this.#regulars.delete(key);
    this.#regulars.set(key, entry);
  }
}

interface Weighed<Value> {
  readonly value: Value;
  readonly weight: number;
  uses: number;
}
