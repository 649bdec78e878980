import { type DocumentNode, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Viewer } from '../../plugins/kernel/index.ts';
import type { Prepared } from '../pipeline/types.ts';

/** What decides which subscribers share a feed. */
export interface FeedKey {
  /** Same document, variables and visibility. */
  readonly key: string;
  /** The same but for the position it starts from; undefined when there is no telling. */
  readonly family: string | undefined;
  /** It starts behind the present, from a cursor of its subscriber. */
  readonly isPositioned: boolean;
}

/** Undefined when the operation may not be shared. */
export function feedKeyOf(operation: Prepared, viewer: Viewer): FeedKey | undefined {
  if (operation.shared === undefined) return undefined;
  const shape = shapeOf(operation);
  const scope = `${viewer.kind} ${[...viewer.scopes].toSorted().join(' ')}`;
  const declared: Record<string, unknown> = Object.fromEntries(shape.variables.map((name) => [name, operation.variables[name]]));
  if (shape.after !== undefined) declared[shape.after] ??= null;
  const head = `${operation.id}\n${scope}\n`;
  const position = shape.after === undefined ? undefined : declared[shape.after];
  return {
    key: head + stableJson(declared),
    family: shape.after === undefined ? undefined : head + stableJson({ ...declared, [shape.after]: null }),
    isPositioned: shape.isFixed || (position !== undefined && position !== null),
  };
}

/** A viewer for a shared execution: it has the kind and the scopes of its subscribers and is none of them. */
export const sharedViewer = (viewer: Viewer): Viewer => ({ kind: viewer.kind, id: '', scopes: viewer.scopes, expiresAtMs: null });

/** JSON with sorted keys, so that equal values have equal texts. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

interface Shape {
  readonly variables: readonly string[];
  /** The variable that gives the root field's `after` and nothing else. */
  readonly after: string | undefined;
  /** `after` is written into the document, or its variable is used elsewhere too. */
  readonly isFixed: boolean;
}

const shapes = new WeakMap<DocumentNode, Map<string, Shape>>();

function shapeOf({ document, operationName }: Prepared): Shape {
  const known = shapes.get(document) ?? new Map<string, Shape>();
  shapes.set(document, known);
  const name = operationName ?? '';
  const shape = known.get(name) ?? readShape(document, operationName);
  known.set(name, shape);
  return shape;
}

function readShape(document: DocumentNode, operationName: string | undefined): Shape {
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode =>
      node.kind === Kind.OPERATION_DEFINITION && (operationName === undefined || node.name?.value === operationName),
  );
  const variables = (operation?.variableDefinitions ?? []).map((definition) => definition.variable.name.value);
  const afters = new Set<string>();
  let isFixed = false;
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Variable: (node) => void uses.set(node.name.value, (uses.get(node.name.value) ?? 0) + 1),
    Argument(node) {
      if (node.name.value !== 'after') return;
      if (node.value.kind === Kind.VARIABLE) afters.add(node.value.name.value);
      else if (node.value.kind !== Kind.NULL) isFixed = true;
    },
  });
  const [after] = afters;
  const isAlone = afters.size === 1 && after !== undefined && uses.get(after) === 1 && !hasDefault(operation, after);
  return { variables, after: isAlone ? after : undefined, isFixed: isFixed || (afters.size > 0 && !isAlone) };
}

const hasDefault = (operation: OperationDefinitionNode | undefined, name: string): boolean =>
  operation?.variableDefinitions?.some((definition) => definition.variable.name.value === name && definition.defaultValue) ?? false;
