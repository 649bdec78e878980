/**
 * One-dimensional and nested arrays of the types plugins use, read with NULLs in their places. 64-bit integers, decimals and times stay
 * text, as drizzle's columns expect them.
 */
export const ARRAY_TYPES = Object.fromEntries(
  (
    [
      ['booleans', 1000, (text: string) => text === 't'],
      ['smallints', 1005, Number],
      ['integers', 1007, Number],
      ['texts', 1009, String],
      ['varchars', 1015, String],
      ['bigints', 1016, String],
      ['reals', 1021, Number],
      ['doubles', 1022, Number],
      ['uuids', 2951, String],
    ] as const
  ).map(([name, oid, element]) => [
    name,
    { to: oid, from: [oid], serialize: (value: unknown) => value, parse: (text: string) => parseArray(text, element) },
  ]),
);

/** A JavaScript array as the text of a PostgreSQL one; `null` and `undefined` are NULL, instants ISO 8601, objects JSON. */
export function arrayLiteral(values: readonly unknown[]): string {
  return `{${values.map(elementLiteral).join(',')}}`;
}

function elementLiteral(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (Array.isArray(value)) return arrayLiteral(value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const text = value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The grammar of array output: `{a,"b\"c",NULL,{d}}`. O(characters). */
export function parseArray(text: string, element: (text: string) => unknown): unknown[] {
  const stack: unknown[][] = [[]];
  for (const [token, quoted] of text.matchAll(/[{}]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gs)) {
    const top = stack.at(-1) ?? [];
    if (token === '{') stack.push([]);
    else if (token === '}') {
      stack.pop();
      stack.at(-1)?.push(top);
    } else if (quoted !== undefined) top.push(element(quoted.replace(/\\(.)/gs, '$1')));
    else top.push(token === 'NULL' ? null : element(token));
  }
  const [array] = stack[0] ?? [];
  return Array.isArray(array) ? array : [];
}
