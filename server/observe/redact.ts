const REDACTED = '[redacted]';
const DEPTH_MAX = 6;
const ITEMS_MAX = 50;
const TEXT_MAX = 8_192;

const SECRET_NAME = /authorization|cookie|token|secret|passw(or)?d|api[-_]?key|credential/i;
/** `scheme://user:password@`; what stands between the slashes and the last `@` of the authority. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/]*@/gi;
const BEARER = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
/** Three base64url parts, the first one `{"…` as a JWS header is. */
const JWT = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * What may be logged of some fields: texts under a secret's name, credentials in URLs, bearer tokens and JWTs are replaced; errors become
 * plain data with their cause. Bounded in depth, items and length.
 */
export function redactFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactObject(fields, 0);
}

/** The same for one text. */
export function redactText(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}… ${text.length - TEXT_MAX} more` : text;
  return short.replace(URL_PASSWORD, `$1:${REDACTED}@`).replace(BEARER, `$1 ${REDACTED}`).replace(JWT, REDACTED);
}

function redactObject(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, ITEMS_MAX)
      .map(([name, value]) => [name, SECRET_NAME.test(name) && isSecretValue(value) ? REDACTED : redactValue(value, depth)]),
  );
}

/** A number under such a name is a count, e.g. of tokens. */
const isSecretValue = (value: unknown): boolean => typeof value === 'string' || (typeof value === 'object' && value !== null);

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEPTH_MAX) return '…';
  if (value instanceof Error) return redactError(value, depth);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (Array.isArray(value)) return value.slice(0, ITEMS_MAX).map((item) => redactValue(item, depth + 1));
  if (value instanceof Map) return redactObject(Object.fromEntries(value), depth + 1);
  if (value instanceof Set) return redactValue([...value], depth);
  return redactObject(value, depth + 1);
}

function redactError(error: Error, depth: number): Record<string, unknown> {
  return {
    type: error.name,
    message: redactText(error.message),
    ...redactObject(error, depth + 1),
    stack: redactText(error.stack ?? ''),
    ...(error.cause !== undefined && { cause: redactValue(error.cause, depth + 1) }),
  };
}
