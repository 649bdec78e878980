/**
 * Deadlines that all lie the same time ahead, so a list in order of start is a list in order of end: start and finish are O(1), and one
 * coarse timer, running only while something waits, serves them all. A deadline may be met up to an eighth late.
 *
 *   head (oldest, ends first) ⇄ … ⇄ tail (newest)
 */
export class Deadlines {
  readonly #afterMs: number;
  readonly #now: () => number;
  #head: Waiting | undefined;
  #tail: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(afterMs: number, now: () => number) {
    this.#afterMs = afterMs;
    this.#now = now;
  }

  /** Calls `expire` once unless the returned entry is finished before. */
  start(expire: () => void): Waiting {
    const entry: Waiting = { endsAtMs: this.#now() + this.#afterMs, expire, before: this.#tail, after: undefined, isOpen: true };
    if (this.#tail === undefined) this.#head = entry;
    else this.#tail.after = entry;
    this.#tail = entry;
    this.#timer ??= setInterval(() => this.#sweep(), Math.max(1, Math.floor(this.#afterMs / 8))).unref();
    return entry;
  }

  finish(entry: Waiting): void {
    if (!entry.isOpen) return;
    entry.isOpen = false;
    if (entry.before === undefined) this.#head = entry.after;
    else entry.before.after = entry.after;
    if (entry.after === undefined) this.#tail = entry.before;
    else entry.after.before = entry.before;
  }

  #sweep(): void {
    const nowMs = this.#now();
    while (this.#head !== undefined && this.#head.endsAtMs <= nowMs) {
      const entry = this.#head;
      this.finish(entry);
      entry.expire();
    }
    if (this.#head !== undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

export interface Waiting {
  readonly endsAtMs: number;
  readonly expire: () => void;
  before: Waiting | undefined;
  after: Waiting | undefined;
  isOpen: boolean;
}
