import { createHash } from 'node:crypto';
import type { Clock } from '../../plugins/kernel/index.ts';
import type { KeyValue } from '../../ports/index.ts';
import { RecentMap } from './recent.ts';

/** Documents known by the SHA-256 (hex) of their text. */
export interface Persisted {
  /** Sync for what this process knows; a promise when a shared store is asked. */
  find(hash: string): string | undefined | Promise<string | undefined>;
  /** Remembers a text that a client sent with its hash, here and in the shared store. Never rejects: it is a cache. */
  remember(hash: string, text: string): void;
  /** Makes a text part of the registered set, which never falls out, and answers its hash. */
  register(text: string): string;
  isRegistered(text: string): boolean;
}

export interface PersistedOptions {
  readonly clock: Clock;
  /** The deployer's own set, by text. */
  readonly registered?: Iterable<string>;
  /** Shared by the gateways of a cluster; without one each process learns by itself. */
  readonly keyValue?: KeyValue;
  /** Texts learned from clients that are kept in this process. */
  readonly learnedMax?: number;
}

const LEARNED_MAX = 1_000;
const LEARNED_CHARS_MAX = 8 * 1024 * 1024;
const LEARNED_TEXT_MAX = 64 * 1024;
const SHARED_TTL_MS = 7 * 24 * 3600 * 1000;
const KEY_PREFIX = 'apq/';

export function createPersisted(options: PersistedOptions): Persisted {
  const registered = new Map<string, string>();
  const registeredTexts = new Set<string>();
  const learned = new RecentMap<string>(options.learnedMax ?? LEARNED_MAX, LEARNED_CHARS_MAX);
  const register = (text: string): string => {
    const hash = hashOfText(text);
    registered.set(hash, text);
    registeredTexts.add(text);
    return hash;
  };
  for (const text of options.registered ?? []) register(text);
  const { keyValue } = options;
  return {
    register,
    isRegistered: (text) => registeredTexts.has(text),
    find(hash) {
      const known = registered.get(hash) ?? learned.get(hash);
      if (known !== undefined || keyValue === undefined || !HASH.test(hash)) return known;
      return findShared(keyValue, hash).then((text) => {
        if (text !== undefined) learned.put(hash, text, text.length);
        return text;
      });
    },
    remember(hash, text) {
      if (text.length > LEARNED_TEXT_MAX || registered.has(hash) || learned.get(hash) !== undefined) return;
      learned.put(hash, text, text.length);
      const entry = { key: KEY_PREFIX + hash, value: text, expiresAtMs: options.clock.now() + SHARED_TTL_MS };
      keyValue?.set([entry]).catch(() => undefined);
    },
  };
}

export const hashOfText = (text: string): string => createHash('sha256').update(text).digest('hex');

const HASH = /^[0-9a-f]{64}$/;

/** A store that is down makes the client send the text, nothing worse; a wrong text under a hash counts as absent. */
async function findShared(keyValue: KeyValue, hash: string): Promise<string | undefined> {
  try {
    const [text] = await keyValue.get([KEY_PREFIX + hash]);
    return typeof text === 'string' && hashOfText(text) === hash ? text : undefined;
  } catch {
    return undefined;
  }
}
