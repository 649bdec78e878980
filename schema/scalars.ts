import { GraphQLError, Kind, type ValueNode } from 'graphql';
import type { Builder } from './builder.ts';

const badInput = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

/** A scalar's parse errors are the client's, as a literal and as a variable, so both paths raise the same coded error. */
export function registerScalars(builder: Builder): void {
  builder.scalarType('DateTime', {
    description: 'An instant as RFC 3339 text, e.g. `2026-02-01T09:30:00.000Z`.',
    serialize: (ms) => new Date(ms).toISOString(),
    parseValue: parseInstant,
    parseLiteral: (node) => parseInstant(literalText(node)),
  });
  builder.scalarType('SafeInt', {
    description: 'An integer within ±9007199254740991 (2^53 - 1).',
    serialize: (value) => value,
    parseValue: parseSafeInteger,
    parseLiteral: (node) => parseSafeInteger(node.kind === Kind.INT ? Number(node.value) : literalText(node)),
  });
  builder.scalarType('Cursor', {
    description: 'An opaque position in a list or a feed. Only a cursor that was handed out is valid.',
    serialize: (value) => value,
    parseValue: parseCursor,
    parseLiteral: (node) => parseCursor(literalText(node)),
  });
}

const INSTANT = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

function parseInstant(value: unknown): number {
  const [, day] = typeof value === 'string' ? (INSTANT.exec(value) ?? []) : [];
  const ms = day !== undefined && isDay(day) ? Date.parse(value as string) : Number.NaN;
  if (Number.isNaN(ms)) throw badInput('DateTime must be RFC 3339 text with a time zone, e.g. "2026-02-01T09:30:00Z"');
  return ms;
}

/** `Date.parse` takes 30 February as 2 March. */
function isDay(text: string): boolean {
  const ms = Date.parse(text);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

function parseSafeInteger(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw badInput('SafeInt must be an integer within ±9007199254740991');
  return value === 0 ? 0 : value;
}

function parseCursor(value: unknown): string {
  if (typeof value !== 'string' || value.length < 1 || value.length > 500) throw badInput('Cursor must be text that was handed out as one');
  return value;
}

const literalText = (node: ValueNode): unknown => ('value' in node ? node.value : undefined);
