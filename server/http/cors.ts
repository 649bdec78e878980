import type { IncomingMessage } from 'node:http';

export interface Cors {
  /** Headers for the answer to this request, name and value by turns; empty when its origin is not allowed or it has none. */
  headers(request: IncomingMessage): readonly string[];
}

/** Pages of these origins may read answers: exact origins, `*` for any, `localhost` for any port of this machine. None: no headers at all. */
export function createCors(origins: readonly string[]): Cors {
  const exact = new Set(origins);
  const isAllowed = (origin: string): boolean => exact.has('*') || exact.has(origin) || (exact.has('localhost') && LOCAL.test(origin));
  return {
    headers(request) {
      const { origin } = request.headers;
      if (origin === undefined || exact.size === 0 || !isAllowed(origin)) return NONE;
      const allowed = [
        'access-control-allow-origin',
        origin,
        'vary',
        'origin',
        'access-control-expose-headers',
        'x-request-id, retry-after',
      ];
      if (request.method !== 'OPTIONS') return allowed;
      return [
        ...allowed,
        'access-control-allow-methods',
        'GET, POST, PUT, DELETE',
        'access-control-allow-headers',
        'authorization, content-type, x-api-key, x-request-id, x-portico-csrf',
        'access-control-max-age',
        '600',
      ];
    },
  };
}

const LOCAL = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const NONE: readonly string[] = [];
