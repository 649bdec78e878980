import type { ExecutionResult } from 'graphql';

/**
 * One event of a feed, executed once. Its text is made when the first subscriber needs it and shared by all of them.
 *
 *   {"id":"<id>","type":"next","payload":  <payload>}
 *   └── lead: per subscription, made once ─┘└─ body: per event, with the closing brace
 */
export interface Delivery {
  readonly result: ExecutionResult;
  /** Where a subscriber that has this event resumes; undefined when the feed has no cursors. */
  readonly cursor: string | undefined;
  /** UTF-8. */
  body(): Buffer;
}

export function createDelivery(result: ExecutionResult, cursor: string | undefined): Delivery {
  let bytes: Buffer | undefined;
  return {
    result,
    cursor,
    body: () => (bytes ??= Buffer.from(`${JSON.stringify(result)}}`)),
  };
}

/** The bytes of a `next` message up to its payload. */
export const leadOf = (id: string): Buffer => Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`);

/**
 * The cursor of an event: `cursor` of the value the source yielded, or of its one root field, or of the answer's root field.
 */
export function cursorOf(root: unknown, result: ExecutionResult): string | undefined {
  return ownCursor(root) ?? firstFieldCursor(root) ?? firstFieldCursor(result.data);
}

function firstFieldCursor(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key in value) return ownCursor((value as Record<string, unknown>)[key]);
  return undefined;
}

function ownCursor(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('cursor' in value)) return undefined;
  return typeof value.cursor === 'string' ? value.cursor : undefined;
}
