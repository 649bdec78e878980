import { createHash, timingSafeEqual } from 'node:crypto';
import type { Authentication } from './authenticate.ts';

/** A server's credential as the deployer configures it: the key itself is not kept anywhere here. */
export interface ApiKey {
  readonly id: string;
  /** SHA-256 of the key, in hex. */
  readonly sha256: string;
  readonly scopes: readonly string[];
}

export interface ApiKeys {
  find(key: string): Authentication | undefined;
}

/** Compares with every configured key in constant time: a handful of servers have one. Throws on a digest that is none, or an id twice. */
export function createApiKeys(keys: readonly ApiKey[]): ApiKeys {
  const known = keys.map(({ id, sha256, scopes }) => {
    if (!/^[0-9a-f]{64}$/i.test(sha256)) throw new Error(`the API key "${id}" is not configured with a SHA-256 in hex`);
    const outcome: Authentication = { ok: true, viewer: { kind: 'service', id, scopes: new Set(scopes), expiresAtMs: null } };
    return { digest: Buffer.from(sha256, 'hex'), outcome };
  });
  if (new Set(keys.map((key) => key.id)).size !== keys.length) throw new Error('two API keys have the same id');
  return {
    find(key) {
      const digest = createHash('sha256').update(key).digest();
      let found: Authentication | undefined;
      for (const each of known) if (timingSafeEqual(each.digest, digest)) found = each.outcome;
      return found;
    },
  };
}

export const digestOfApiKey = (key: string): string => createHash('sha256').update(key).digest('hex');
