import { isUserId } from './profile.ts';

/** A place in a list of bonds: newest first, then by id. */
export interface Place {
  readonly sinceMs: number;
  readonly otherId: string;
}

export const PAGE_MAX = 100;

/** The cursor of a place: opaque to clients. */
export const encodePlace = (place: Place): string => Buffer.from(`${place.sinceMs}.${place.otherId}`).toString('base64url');

/** The place of a cursor that was handed out, or null for any other text. */
export function decodePlace(cursor: string): Place | null {
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length > 200 || bytes.toString('base64url') !== cursor) return null;
  const match = /^(\d{1,15})\.(.+)$/s.exec(bytes.toString());
  if (match?.[1] === undefined || match[2] === undefined || !isUserId(match[2])) return null;
  const place = { sinceMs: Number(match[1]), otherId: match[2] };
  return encodePlace(place) === cursor ? place : null;
}
