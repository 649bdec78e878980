import type { RestParameter, RestRoute } from '../../plugins/kernel/index.ts';

export interface RestInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Undefined where the method has none. */
  readonly body: string | undefined;
}

export type RestVariables =
  | { readonly ok: true; readonly variables: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly field: string; readonly message: string };

/** The operation's variables out of path, query and body, or the first parameter that is wrong. Unknown parameters are refused by name. */
export function readParameters(route: RestRoute, { params, query, body }: RestInput): RestVariables {
  const fields = bodyFields(route, body);
  if (!fields.ok) return fields;
  const stranger = strangerIn(route, query, fields.values);
  if (stranger !== undefined)
    return { ok: false, field: stranger, message: `There is no parameter "${stranger.slice(0, NAME_CHARS_MAX)}".` };
  const variables: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(route.parameters)) {
    const raw = rawValue(name, parameter, { params, query, values: fields.values });
    if (raw === undefined || raw === null) {
      if (parameter.required) return { ok: false, field: name, message: `"${name}" is required.` };
      if (raw === null) variables[parameter.variable] = null;
      continue;
    }
    const value = parameter.in === 'body' ? checked(raw, parameter.type) : fromText(raw, parameter.type);
    if (value === undefined) return { ok: false, field: name, message: `"${name}" must be ${TYPE_WORDS[parameter.type]}.` };
    variables[parameter.variable] = value;
  }
  return { ok: true, variables };
}

const NAME_CHARS_MAX = 100;

type Values = Readonly<Record<string, unknown>>;

function bodyFields(
  route: RestRoute,
  body: string | undefined,
): { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly field: string; readonly message: string } {
  const takesBody = Object.values(route.parameters).some((parameter) => parameter.in === 'body');
  if (!takesBody || body === undefined || body === '') return { ok: true, values: {} };
  let values: unknown;
  try {
    values = JSON.parse(body);
  } catch {
    return { ok: false, field: 'body', message: 'The body is no valid JSON.' };
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values))
    return { ok: false, field: 'body', message: 'The body must be a JSON object.' };
  return { ok: true, values: values as Values };
}

function strangerIn(route: RestRoute, query: URLSearchParams, values: Values): string | undefined {
  const isKnown = (name: string, place: RestParameter['in']) =>
    Object.hasOwn(route.parameters, name) && route.parameters[name]?.in === place;
  return [...query.keys()].find((name) => !isKnown(name, 'query')) ?? Object.keys(values).find((name) => !isKnown(name, 'body'));
}

function rawValue(name: string, parameter: RestParameter, from: { params: Values; query: URLSearchParams; values: Values }): unknown {
  switch (parameter.in) {
    case 'path':
      return from.params[name];
    case 'query':
      return parameter.type === 'array' && from.query.has(name) ? from.query.getAll(name) : (from.query.get(name) ?? undefined);
    case 'body':
      return Object.hasOwn(from.values, name) ? from.values[name] : undefined;
    default:
      return parameter.in satisfies never;
  }
}

function fromText(raw: unknown, type: RestParameter['type']): unknown {
  if (Array.isArray(raw)) return raw;
  if (typeof raw !== 'string') return undefined;
  if (type === 'string') return raw;
  if (type === 'boolean') return raw === 'true' ? true : raw === 'false' ? false : undefined;
  if (type === 'integer') return /^-?\d{1,16}$/.test(raw) ? checked(Number(raw), type) : undefined;
  if (type === 'number') return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(raw) ? checked(Number(raw), type) : undefined;
  return undefined;
}

function checked(value: unknown, type: RestParameter['type']): unknown {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type ? value : undefined;
    case 'integer':
      return Number.isSafeInteger(value) ? value : undefined;
    case 'number':
      return Number.isFinite(value) ? value : undefined;
    case 'array':
      return Array.isArray(value) ? value : undefined;
    case 'object':
      return typeof value === 'object' && !Array.isArray(value) ? value : undefined;
    default:
      return type satisfies never;
  }
}

const TYPE_WORDS = {
  string: 'text',
  boolean: 'true or false',
  integer: 'a whole number within ±9007199254740991',
  number: 'a finite number',
  array: 'a list',
  object: 'an object',
} as const satisfies Record<RestParameter['type'], string>;
