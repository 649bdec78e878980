import { type Refusal, refuse } from './refusal.ts';

/** What a cursor is made of. */
export type CursorParts = readonly (string | number)[];

/**
 * An opaque position. `kind` says what it was made for (`top:default:all`), so that a cursor of another list is refused instead of being
 * read as something else. At most 500 characters for parts of reasonable size.
 */
export function encodeCursor(kind: string, parts: CursorParts): string {
  return Buffer.from(JSON.stringify([kind, ...parts])).toString('base64url');
}

/** The parts, or null for text that is no cursor or one of another kind. `shape` is one letter a part, s text or n finite number; `n*` is any number of numbers. */
export function decodeCursor(kind: string, shape: string, cursor: string): CursorParts | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (!Array.isArray(value) || value[0] !== kind) return null;
    const parts = value.slice(1);
    return fits(parts, shape) ? parts : null;
  } catch {
    return null;
  }
}

export const foreignCursor = (field: string): Refusal<'invalid-argument'> =>
  refuse('invalid-argument', field, `${field} is not a cursor of this list`);

function fits(parts: readonly unknown[], shape: string): parts is CursorParts {
  if (shape.endsWith('*')) return parts.length <= 256 && parts.every((part) => fitsOne(part, shape[0]));
  return parts.length === shape.length && parts.every((part, index) => fitsOne(part, shape[index]));
}

function fitsOne(part: unknown, letter: string | undefined): boolean {
  if (letter === 's') return typeof part === 'string';
  return typeof part === 'number' && Number.isFinite(part);
}
