/**
 * An expected no, as a value. `field` is the argument's path as the client wrote it, e.g. `results[2].points`.
 *
 * invalid-argument  the value can never be right
 * not-found         there is no such thing
 * conflict          it clashes with what is there, e.g. an idempotency key with another body
 * forbidden         this viewer may not
 * closed            it was possible and is no more, e.g. a sealed season
 */
export interface Refusal<Kind extends RefusalKind = RefusalKind> {
  readonly kind: Kind;
  readonly field: string;
  readonly message: string;
}

export const REFUSAL_KINDS = ['invalid-argument', 'not-found', 'conflict', 'forbidden', 'closed'] as const;
export type RefusalKind = (typeof REFUSAL_KINDS)[number];

export const refuse = <const Kind extends RefusalKind>(kind: Kind, field: string, message: string): Refusal<Kind> => ({
  kind,
  field,
  message,
});

export const isRefusal = (value: { readonly kind: string }): value is Refusal => REFUSAL_KINDS.some((kind) => kind === value.kind);

/** What REST and anything else over HTTP answers to a refusal, by its kind and by the name of its GraphQL type. */
export const REFUSAL_ANSWERS = {
  'invalid-argument': { type: 'InvalidArgument', status: 400, code: 'INVALID_ARGUMENT' },
  'not-found': { type: 'NotFound', status: 404, code: 'NOT_FOUND' },
  conflict: { type: 'Conflict', status: 409, code: 'CONFLICT' },
  forbidden: { type: 'Forbidden', status: 403, code: 'FORBIDDEN' },
  closed: { type: 'Closed', status: 410, code: 'CLOSED' },
} as const satisfies Record<RefusalKind, { readonly type: string; readonly status: number; readonly code: string }>;

/** The body of every REST refusal, `{ error: { code, message, field } }`, with its status. */
export const refusalOverHttp = ({ kind, field, message }: Refusal) => ({
  status: REFUSAL_ANSWERS[kind].status,
  body: { error: { code: REFUSAL_ANSWERS[kind].code, message, field } },
});

/** The kind behind the `__typename` of a refusal in an operation's data; undefined: it is none. */
export const refusalKindOf = (typename: string): RefusalKind | undefined =>
  REFUSAL_KINDS.find((kind) => REFUSAL_ANSWERS[kind].type === typename);
