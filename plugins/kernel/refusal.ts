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
