import type { ObjectRef } from '@pothos/core';
import type { Builder, SchemaTypes } from './builder.ts';

/** A reference to an object type whose values are `Shape`. */
export type SharedRef<Shape> = ObjectRef<PothosSchemaTypes.ExtendDefaultTypes<SchemaTypes>, Shape>;

/**
 * Hands an object type to the systems built after this one, by its GraphQL name: the `users` schema shares `User`, the server shares the
 * refusal types. Names live as long as their builder. The same name twice on one builder: throws.
 */
export function shareRef<Shape>(builder: Builder, name: string, ref: SharedRef<Shape>): SharedRef<Shape> {
  const names = shared.get(builder) ?? new Map<string, unknown>();
  if (names.has(name)) throw new Error(`the GraphQL type ${name} is shared twice`);
  names.set(name, ref);
  shared.set(builder, names);
  return ref;
}

/**
 * The type that another system shared under this name; `Shape` is what its sharer promises. Throws when nobody has: the system that owns
 * it is switched off, or is built after this one.
 */
export function sharedRef<Shape>(builder: Builder, name: string): SharedRef<Shape> {
  const ref = shared.get(builder)?.get(name);
  if (ref === undefined) throw new Error(`no system has shared the GraphQL type ${name} yet`);
  return ref as SharedRef<Shape>;
}

/** The same, or undefined: for a field that exists only when the other system is there. */
export function sharedRefIfAny<Shape>(builder: Builder, name: string): SharedRef<Shape> | undefined {
  return shared.get(builder)?.get(name) as SharedRef<Shape> | undefined;
}

const shared = new WeakMap<Builder, Map<string, unknown>>();
