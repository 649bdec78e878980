import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { FieldExtensions } from '../../schema/builder.ts';

/**
 * How a subscription's execution may be shared: what its root field says, unless something it selects looks at the viewer. A field looks at
 * the viewer when its `viewer` extension says so, or when it or its type carries auth scopes. A field of an interface or union counts as
 * the same field of every type behind it.
 */
export function sharingOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): 'latest' | 'live' | undefined {
  const root = schema.getSubscriptionType();
  if (operation.operation !== 'subscription' || !root) return undefined;
  const seen = new Set<string>();
  let sharing: FieldExtensions['shared'];
  const isViewerFree = (selection: SelectionSetNode, parent: GraphQLCompositeType): boolean =>
    selection.selections.every((node) => {
      if (node.kind === Kind.FIELD) return isFieldViewerFree(node, parent);
      if (node.kind === Kind.INLINE_FRAGMENT)
        return isViewerFree(node.selectionSet, composite(schema, node.typeCondition?.name.value) ?? parent);
      const fragment = fragments.get(node.name.value);
      if (fragment === undefined || seen.has(node.name.value)) return true;
      seen.add(node.name.value);
      const type = composite(schema, fragment.typeCondition.name.value);
      return type === undefined || isViewerFree(fragment.selectionSet, type);
    });
  const isFieldViewerFree = (node: FieldNode, parent: GraphQLCompositeType): boolean => {
    const owners: readonly GraphQLNamedType[] = isAbstractType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
    return owners.every((owner) => {
      const field = isObjectType(owner) || isInterfaceType(owner) ? owner.getFields()[node.name.value] : undefined;
      if (field === undefined) return true;
      if (owner === root) sharing = (field.extensions as FieldExtensions).shared;
      const type = getNamedType(field.type);
      if (dependsOnViewer(field) || hasScopes(owner) || hasScopes(type)) return false;
      return node.selectionSet === undefined || !isCompositeType(type) || isViewerFree(node.selectionSet, type);
    });
  };
  return isViewerFree(operation.selectionSet, root) ? sharing : undefined;
}

function composite(schema: GraphQLSchema, name: string | undefined): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}

const dependsOnViewer = (field: GraphQLField<unknown, unknown>): boolean =>
  (field.extensions as FieldExtensions).viewer === true || hasScopes(field);

/** Pothos keeps what a field or type was declared with under `pothosOptions`. */
function hasScopes(thing: { readonly extensions: Readonly<Record<string, unknown>> }): boolean {
  const options = thing.extensions['pothosOptions'];
  if (typeof options !== 'object' || options === null) return false;
  return (
    ('authScopes' in options && options.authScopes !== undefined) || ('runScopesOnType' in options && options.runScopesOnType === true)
  );
}
