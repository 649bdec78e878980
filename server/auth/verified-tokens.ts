import { hash } from 'node:crypto';
import type { Viewer } from '../../plugins/kernel/index.ts';

type Verified = { readonly ok: true; readonly viewer: Viewer };

/**
 * Tokens that were verified, until they expire, by the hash of their text. The text itself is kept only for the last few, so that a busy client
 * pays one string comparison instead of a hash.
 */
export class VerifiedTokens {
  readonly #byHash = new Map<string, Verified>();
  readonly #hot = new Map<string, Verified>();
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  get(text: string, nowMs: number): Verified | undefined {
    const hot = this.#hot.get(text);
    if (hot !== undefined) return isCurrent(hot, nowMs) ? hot : this.#forget(text);
    const found = this.#byHash.get(digest(text));
    if (found === undefined) return undefined;
    if (!isCurrent(found, nowMs)) return this.#forget(text);
    this.#heat(text, found);
    return found;
  }

  put(text: string, outcome: Verified): void {
    const [oldest] = this.#byHash.keys();
    if (this.#byHash.size >= this.#max && oldest !== undefined) this.#byHash.delete(oldest);
    this.#byHash.set(digest(text), outcome);
  }

  #heat(text: string, outcome: Verified): void {
    const [oldest] = this.#hot.keys();
    if (this.#hot.size >= HOT_MAX && oldest !== undefined) this.#hot.delete(oldest);
    this.#hot.set(text, outcome);
  }

  #forget(text: string): undefined {
    this.#hot.delete(text);
    this.#byHash.delete(digest(text));
    return undefined;
  }
}

const HOT_MAX = 64;

const digest = (text: string): string => hash('sha256', text, 'base64');

const isCurrent = ({ viewer }: Verified, nowMs: number): boolean => viewer.expiresAtMs === null || nowMs < viewer.expiresAtMs;
