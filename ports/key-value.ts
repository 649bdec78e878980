import { definePort, type Scope, type Waiting } from './port.ts';

export interface SetEntry {
  readonly key: string;
  /** Opaque UTF-8 text. */
  readonly value: string;
  /** The instant from which the key is absent. Left out: it stays. An instant that has passed: it is absent at once. */
  readonly expiresAtMs?: number;
  readonly onlyIf?: 'absent' | 'present';
}

export interface AddEntry {
  readonly key: string;
  /** A safe integer. A missing key counts as 0. */
  readonly delta: number;
  /** Inclusive bounds of the result; a result outside them changes nothing and answers null. */
  readonly min?: number;
  readonly max?: number;
  /** Kept only when this call creates the key; a later call does not move it. */
  readonly expiresAtMs?: number;
}

/**
 * Text by key, with expiry. Every call is plural and answers in the order of its input; duplicates are allowed
 * and take effect in that order. One call costs one round trip per engine node at most. Keys are 1–512 bytes.
 */
export interface KeyValue {
  get(keys: readonly string[], options?: Waiting): Promise<(string | null)[]>;
  /** True where it was written, false where `onlyIf` forbade it. Each entry is atomic; the list is not. */
  set(entries: readonly SetEntry[], options?: Waiting): Promise<boolean[]>;
  /** Reads and removes; of any number of callers exactly one gets the value. */
  take(keys: readonly string[], options?: Waiting): Promise<(string | null)[]>;
  /** Guarded counters, stored as decimal text. Null where a bound would be crossed. A value that is no integer: INVALID_ARGUMENT. */
  add(entries: readonly AddEntry[], options?: Waiting): Promise<(number | null)[]>;
  /** True where a key was there. */
  remove(keys: readonly string[], options?: Waiting): Promise<boolean[]>;
}

export interface KeyValueCaps {
  readonly scope: Scope;
  readonly durable: boolean;
  readonly valueBytesMax: number;
  /** Absent: `expiresAtMs` answers UNSUPPORTED. A key may live up to `granularityMs` longer than asked, never shorter. */
  readonly expiry?: { readonly granularityMs: number };
  /** Acts that are not named answer UNSUPPORTED. */
  readonly atomic: readonly ('take' | 'add' | 'onlyIf')[];
}

export const KeyValue = definePort<KeyValue, KeyValueCaps>()('key-value', 1);
