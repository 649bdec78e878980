import { reject } from '../pipeline/errors.ts';
import type { OperationRequest, Rejected } from '../pipeline/types.ts';

/** The operation in a JSON body, or why it is none. */
export function operationFromJson(text: string): OperationRequest | Rejected {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return reject(400, 'BAD_REQUEST', 'The body is no valid JSON.');
  }
  return checkOperation(parsed);
}

/** The operation in a query string: `query`, `operationName`, and `variables` and `extensions` as JSON. */
export function operationFromQuery(search: URLSearchParams): OperationRequest | Rejected {
  const parsed: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions']) {
    const text = search.get(name);
    if (text === null || (text === '' && name !== 'query')) continue;
    if (name === 'query' || name === 'operationName') {
      parsed[name] = text;
      continue;
    }
    try {
      parsed[name] = JSON.parse(text);
    } catch {
      return bad(name, `\`${name}\` is no valid JSON.`);
    }
  }
  return checkOperation(parsed);
}

export const isRejected = (value: object): value is Rejected => 'status' in value && 'errors' in value;

function checkOperation(value: unknown): OperationRequest | Rejected {
  if (Array.isArray(value)) return reject(400, 'BAD_REQUEST', 'Batches of operations are not supported: send one operation a request.');
  if (!isRecord(value)) return reject(400, 'BAD_REQUEST', 'The body must be a JSON object with a `query`.');
  const { query, operationName, variables, extensions } = value;
  if (!isAbsent(query) && typeof query !== 'string') return bad('query', '`query` must be text.');
  if (!isAbsent(operationName) && typeof operationName !== 'string') return bad('operationName', '`operationName` must be text.');
  if (!isAbsent(variables) && !isRecord(variables)) return bad('variables', '`variables` must be an object.');
  if (!isAbsent(extensions) && !isRecord(extensions)) return bad('extensions', '`extensions` must be an object.');
  if (isAbsent(query) && isAbsent(extensions?.['persistedQuery'])) return bad('query', 'The request has no `query`.');
  return { query: query ?? undefined, operationName, variables, extensions };
}

const bad = (field: string, words: string): Rejected => reject(400, 'BAD_REQUEST', words, { field });

const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
