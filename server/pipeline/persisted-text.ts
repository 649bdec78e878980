import { reject } from './errors.ts';
import { hashOfText, type Persisted } from './persisted.ts';
import type { OperationRequest, Rejected } from './types.ts';

/** The document of a request that may name it by hash: its text, or why there is none. A promise only when a shared store is asked. */
export function findText(
  request: OperationRequest,
  persisted: Persisted | undefined,
  onlyPersisted: boolean,
): string | Rejected | Promise<string | Rejected> {
  const named = hashIn(request);
  if (typeof named === 'object') return named;
  const { query } = request;
  if (typeof query === 'string') {
    if (onlyPersisted) return persisted?.isRegistered(query) === true ? query : ONLY_REGISTERED;
    if (named !== undefined && hashOfText(query) !== named) return HASH_MISMATCH;
    if (named !== undefined) persisted?.remember(named, query);
    return query;
  }
  if (named === undefined) return reject(400, 'BAD_REQUEST', 'The request has no `query`.', { field: 'query' });
  if (persisted === undefined) return NOT_FOUND;
  const found = persisted.find(named);
  if (typeof found === 'object') return found.then((text) => allowed(text, persisted, onlyPersisted));
  return allowed(found, persisted, onlyPersisted);
}

function allowed(text: string | undefined, persisted: Persisted, onlyPersisted: boolean): string | Rejected {
  if (text === undefined) return onlyPersisted ? ONLY_REGISTERED : NOT_FOUND;
  return onlyPersisted && !persisted.isRegistered(text) ? ONLY_REGISTERED : text;
}

/** The message is what the clients of automatic persisted queries look for. */
const NOT_FOUND = reject(400, 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound');
const ONLY_REGISTERED = reject(400, 'PERSISTED_QUERY_ONLY', 'Only registered operations run here.');
const HASH_MISMATCH = reject(400, 'BAD_REQUEST', 'The hash is not the SHA-256 of the query.', {
  field: 'extensions.persistedQuery.sha256Hash',
});
const BAD_EXTENSION = reject(400, 'BAD_REQUEST', '`persistedQuery` takes `{ "version": 1, "sha256Hash": "<64 hex digits>" }`.', {
  field: 'extensions.persistedQuery',
});

function hashIn(request: OperationRequest): string | undefined | Rejected {
  const extension = request.extensions?.['persistedQuery'];
  if (extension === undefined || extension === null) return undefined;
  if (typeof extension !== 'object' || !('sha256Hash' in extension) || !('version' in extension)) return BAD_EXTENSION;
  const { sha256Hash, version } = extension;
  return version === 1 && typeof sha256Hash === 'string' && /^[0-9a-f]{64}$/.test(sha256Hash) ? sha256Hash : BAD_EXTENSION;
}
