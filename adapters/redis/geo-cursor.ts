import { createHash } from 'node:crypto';
import { type Area, PortError } from '../../ports/index.ts';

/** The last hit of a page: what follows is after it by (distance, id), or by id alone where there is no distance. */
export interface GeoCursor {
  readonly distanceMeters: number | null;
  readonly id: string;
  /** Hits on the pages so far; tells how many of the nearest to ask for, and nothing else. */
  readonly seen: number;
}

/** `base64url(JSON [digest of layer and area, distance, id, seen])`. */
export function encodeCursor(layer: string, area: Area, { distanceMeters, id, seen }: GeoCursor): string {
  return Buffer.from(JSON.stringify([digest(layer, area), distanceMeters, id, seen])).toString('base64url');
}

/** INVALID_ARGUMENT for what `encodeCursor` never made, or made for another layer or area. */
export function decodeCursor(layer: string, area: Area, text: string): GeoCursor {
  const parts = parse(text);
  if (!Array.isArray(parts) || parts.length !== 4) throw invalid('after is no cursor of this index');
  const [about, distanceMeters, id, seen] = parts as unknown[];
  if (about !== digest(layer, area)) throw invalid('the cursor is of another layer or area');
  const hasDistance = typeof distanceMeters === 'number' || distanceMeters === null;
  if (!hasDistance || typeof id !== 'string' || !Number.isSafeInteger(seen)) throw invalid('after is no cursor of this index');
  return { distanceMeters, id, seen: Math.max(0, Number(seen)) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return null;
  }
}

function digest(layer: string, area: Area): string {
  return createHash('sha256')
    .update(JSON.stringify([layer, area]))
    .digest('base64url')
    .slice(0, 12);
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'geo-index', adapter: 'redis' });
