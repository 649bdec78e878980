import { GraphQLSchema } from 'graphql';
import type { AnyPlugin } from '../../plugins/kernel/index.ts';
import { createBuilder } from '../../schema/builder.ts';
import { refusalTypes } from '../../schema/refusals.ts';
import { registerScalars } from '../../schema/scalars.ts';
import { shareRef } from '../../schema/shared.ts';

/** One schema of all plugins: every system's types first, so that they can name each other's, then the fields. A plugin that is not there is absent from it. */
export function buildSchema(plugins: readonly AnyPlugin[], serviceOf: (plugin: string) => unknown): GraphQLSchema {
  const builder = createBuilder();
  registerScalars(builder);
  for (const [name, ref] of Object.entries(refusalTypes(builder))) shareRef(builder, name, ref);
  const refs = plugins.map((plugin) => plugin.schema(builder as never));
  for (const [index, plugin] of plugins.entries())
    plugin.resolvers(builder as never, refs[index] as never, serviceOf(plugin.name) as never);
  return withoutEmptyRoots(builder.toSchema());
}

/** A gateway whose systems have no subscription has no Subscription type: GraphQL allows no type without fields. */
function withoutEmptyRoots(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  const isEmpty = (type: (typeof config)['query']) => type != null && Object.keys(type.getFields()).length === 0;
  const empty = [config.mutation, config.subscription].filter(isEmpty);
  if (empty.length === 0) return schema;
  return new GraphQLSchema({
    ...config,
    types: config.types.filter((type) => !empty.some((root) => root === type)),
    mutation: isEmpty(config.mutation) ? null : config.mutation,
    subscription: isEmpty(config.subscription) ? null : config.subscription,
  });
}

/** A service for building the schema only to print it: whatever is asked of it is a fault. */
export const NO_SERVICE: unknown = new Proxy(
  {},
  {
    get(_target, name) {
      throw new Error(`the schema was built to be printed; there is no service to ask for ${String(name)}`);
    },
  },
);
