import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import { GraphQLError } from 'graphql';
import type { Context } from './context.ts';

/** The only place that names the schema's types: a Pothos plugin imported anywhere changes the builder's types everywhere. */
export interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    /** An instant. RFC 3339 text outside, epoch milliseconds inside. */
    DateTime: { Input: number; Output: number };
    /** An integer within ±(2^53 - 1), for counts and scores past 32 bits. */
    SafeInt: { Input: number; Output: number };
    /** An opaque position in a list or a feed. */
    Cursor: { Input: string; Output: string };
  };
  AuthScopes: {
    /** Any viewer with a valid credential. */
    signedIn: boolean;
    /** The viewer's credential carries this scope, e.g. `scores:write`. */
    scope: string;
  };
}

/** Extensions a field may carry; the server reads them. */
export interface FieldExtensions {
  /** Cost of the field itself, default 1. A list's children are multiplied by its `first`, `last` or the length of its id list. */
  readonly cost?: number;
  /**
   * On a subscription field: subscribers with the same operation and variables share one execution. `latest`: a newcomer gets
   * the newest event at once. `live`: it gets what comes after. Fields that look at the viewer must not be reachable from a shared one.
   */
  readonly shared?: 'latest' | 'live';
  /** The answer depends on who asks. */
  readonly viewer?: true;
}

export function createBuilder() {
  const builder = new SchemaBuilder<SchemaTypes>({
    plugins: [ScopeAuthPlugin, RelayPlugin],
    defaultFieldNullability: false,
    relay: { cursorType: 'String', nodesOnConnection: true },
    scopeAuth: {
      authorizeOnSubscribe: true,
      authScopes: (context) => ({
        signedIn: context.viewer.kind !== 'anonymous',
        scope: (name: string) => context.viewer.scopes.has(name),
      }),
      unauthorizedError: (_parent, context) =>
        context.viewer.kind === 'anonymous'
          ? new GraphQLError('A credential is needed: send `Authorization: Bearer …` or `X-API-Key`.', {
              extensions: { code: 'UNAUTHENTICATED' },
            })
          : new GraphQLError('This credential may not do that.', { extensions: { code: 'FORBIDDEN' } }),
    },
  });
  builder.queryType({});
  builder.mutationType({});
  builder.subscriptionType({});
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
