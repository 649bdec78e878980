declare const API: unique symbol;
declare const CAPS: unique symbol;

/**
 * A port is an id, a contract number and two phantom types: what a plugin may call, and what an adapter
 * claims about it. It holds no code. The contract number changes only when a verb's promise changes.
 */
export interface Port<Id extends string = string, Api = unknown, Caps extends object = object> {
  readonly id: Id;
  readonly contract: number;
  readonly [API]?: Api;
  readonly [CAPS]?: Caps;
}

export type ApiOf<P> = P extends Port<string, infer Api, object> ? Api : never;
export type CapsOf<P> = P extends Port<string, unknown, infer Caps> ? Caps : never;

/** `definePort<Api, Caps>()('name', 1)`: two calls, so that the id is inferred while the types are given. */
export const definePort =
  <Api, Caps extends object>() =>
  <const Id extends string>(id: Id, contract: number): Port<Id, Api, Caps> => ({ id, contract });

/** `process`: other processes do not see it. `cluster`: every process bound to the same engine does. */
export type Scope = 'process' | 'cluster';

/** Whatever may wait takes one of these last. */
export interface Waiting {
  readonly signal?: AbortSignal;
}
