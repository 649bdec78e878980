import type { ServerResponse } from 'node:http';
import type { Answer, Rejected } from '../pipeline/types.ts';
import type { Media } from './media.ts';

export interface Rendered {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly retryAfterSeconds: number | undefined;
}

/**
 * An answer as bytes, the same over every lane. A well-formed request that GraphQL refuses is 400 as `application/graphql-response+json`
 * and 200 as `application/json`, as the GraphQL-over-HTTP draft asks; whatever is not GraphQL's verdict (401, 413, 429, 503) keeps its status.
 */
export function renderAnswer(answer: Answer, media: Media): Rendered {
  const isLegacy = media !== 'application/graphql-response+json';
  return {
    status: isLegacy && answer.status === 400 ? 200 : answer.status,
    contentType: isLegacy ? JSON_TYPE : RESPONSE_TYPE,
    body: JSON.stringify(answer.result),
    retryAfterSeconds: answer.retryAfterSeconds,
  };
}

/** A request that never became an operation: its status stands whatever the media type. */
export function renderRejected(rejected: Rejected, media: Media | undefined): Rendered {
  return {
    status: rejected.status,
    contentType: media === 'application/graphql-response+json' ? RESPONSE_TYPE : JSON_TYPE,
    body: JSON.stringify({ errors: rejected.errors }),
    retryAfterSeconds: rejected.retryAfterSeconds,
  };
}

/** `more` are further headers, name and value by turns. Header and body leave in one write. */
export function send(response: ServerResponse, rendered: Rendered, requestId: string, more: readonly string[] = NO_HEADERS): void {
  if (response.destroyed || response.headersSent) return;
  const { body, contentType, status, retryAfterSeconds } = rendered;
  const bytes = Buffer.byteLength(body);
  const headers = ['content-type', contentType, 'content-length', String(bytes), 'x-request-id', requestId];
  if (retryAfterSeconds !== undefined) headers.push('retry-after', String(retryAfterSeconds));
  for (const text of more) headers.push(text);
  response.writeHead(status, headers);
  // As many bytes as characters: ASCII, which needs no encoding.
  response.end(body, bytes === body.length ? 'latin1' : 'utf8');
}

/** A JSON answer of a door that is not GraphQL. */
export const renderJson = (status: number, value: unknown, retryAfterSeconds?: number): Rendered => ({
  status,
  contentType: JSON_TYPE,
  body: JSON.stringify(value),
  retryAfterSeconds,
});

const JSON_TYPE = 'application/json; charset=utf-8';
const RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';
const NO_HEADERS: readonly string[] = [];
