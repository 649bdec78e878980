import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { FieldExtensions } from '../../schema/builder.ts';

export type Variables = Readonly<Record<string, unknown>>;

/** What one operation asks for, before it runs. Numbers saturate to Infinity: fragments inside fragments can name more than there are atoms. */
export interface Measure {
  readonly depth: number;
  readonly aliases: number;
  /** A number when no variable sizes a list. */
  readonly cost: number | ((variables: Variables) => number);
  /** Every argument that sizes a list by a literal or a default. */
  readonly pages: readonly Page[];
  /** Every argument that sizes a list by a variable. */
  readonly pageVariables: readonly PageVariable[];
}

export interface Page {
  readonly argument: string;
  readonly size: number;
}

export interface PageVariable {
  readonly argument: string;
  readonly variable: string;
  readonly fallback: number;
}

/**
 * Measures an operation of a validated document in one walk that visits each fragment once.
 *
 *   cost(field) = its `cost` extension (default 1) + page size × ids × cost(its selection)
 *
 * The page size is the largest of `first`, `last` and `limit`; a paged field that names none counts as {@link ASSUMED_PAGE}.
 * Introspection has a flat cost and no depth: graphql-js bounds its recursion.
 */
export function measureOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Measure {
  const walk: Walk = { schema, fragments, operation, known: new Map(), pages: [], pageVariables: [] };
  const root = schema.getRootType(operation.operation);
  const part = root ? measureSelection(walk, operation.selectionSet, root) : EMPTY;
  const cost = part.fixed ?? ((variables: Variables) => costOf(part, variables, new Map()));
  return { depth: part.depth, aliases: part.aliases, cost, pages: walk.pages, pageVariables: walk.pageVariables };
}

/** The page size that a paged field is taken to have when the client names none. */
export const ASSUMED_PAGE = 20;
const INTROSPECTION_COST = 50;

interface Walk {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly operation: OperationDefinitionNode;
  readonly known: Map<string, Part>;
  readonly pages: Page[];
  readonly pageVariables: PageVariable[];
}

/** A selection set: its fixed cost, or the terms to sum when variables decide. */
interface Part {
  readonly depth: number;
  readonly aliases: number;
  readonly fixed: number | undefined;
  readonly terms: readonly Term[];
}

interface Term {
  readonly self: number;
  readonly factors: readonly Factor[];
  readonly child: Part;
}

type Factor = (variables: Variables) => number;

const EMPTY: Part = { depth: 0, aliases: 0, fixed: 0, terms: [] };

function measureSelection(walk: Walk, selection: SelectionSetNode, parent: GraphQLCompositeType): Part {
  const terms: Term[] = [];
  let depth = 0;
  let aliases = 0;
  for (const node of selection.selections) {
    const term =
      node.kind === Kind.FIELD ? measureField(walk, node, parent) : { self: 0, factors: [], child: measureFragment(walk, node, parent) };
    const levels = node.kind === Kind.FIELD ? 1 : 0;
    depth = Math.max(depth, levels + term.child.depth);
    aliases += term.child.aliases + (node.kind === Kind.FIELD && node.alias !== undefined ? 1 : 0);
    terms.push(term);
  }
  const isFixed = terms.every((term) => term.factors.length === 0 && term.child.fixed !== undefined);
  return { depth, aliases, terms, fixed: isFixed ? terms.reduce((sum, term) => sum + term.self + (term.child.fixed ?? 0), 0) : undefined };
}

type FragmentUse = Exclude<SelectionSetNode['selections'][number], FieldNode>;

function measureFragment(walk: Walk, node: FragmentUse, parent: GraphQLCompositeType): Part {
  if (node.kind === Kind.INLINE_FRAGMENT) {
    return measureSelection(walk, node.selectionSet, typeNamed(walk, node.typeCondition?.name.value) ?? parent);
  }
  const name = node.name.value;
  const known = walk.known.get(name);
  if (known !== undefined) return known;
  const fragment = walk.fragments.get(name);
  const type = typeNamed(walk, fragment?.typeCondition.name.value);
  const part = fragment === undefined || type === undefined ? EMPTY : measureSelection(walk, fragment.selectionSet, type);
  walk.known.set(name, part);
  return part;
}

function typeNamed(walk: Walk, name: string | undefined): GraphQLCompositeType | undefined {
  const type = name === undefined ? undefined : walk.schema.getType(name);
  return isCompositeType(type) ? type : undefined;
}

function measureField(walk: Walk, node: FieldNode, parent: GraphQLCompositeType): Term {
  const name = node.name.value;
  if (name === '__typename') return { self: 0, factors: [], child: EMPTY };
  if (name === '__schema' || name === '__type') return { self: INTROSPECTION_COST, factors: [], child: EMPTY };
  const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  if (field === undefined) return { self: 0, factors: [], child: EMPTY };
  const type = getNamedType(field.type);
  const child = node.selectionSet !== undefined && isCompositeType(type) ? measureSelection(walk, node.selectionSet, type) : EMPTY;
  const self = (field.extensions as FieldExtensions).cost ?? 1;
  const sizes = sizesOf(walk, node, field);
  const constant = sizes.constant * (child.fixed ?? 0);
  // Fold what no variable touches, so that most documents cost a number.
  if (sizes.factors.length === 0 && child.fixed !== undefined)
    return { self: self + (child === EMPTY ? 0 : constant), factors: [], child: withoutCost(child) };
  return { self, factors: sizes.constant === 1 ? sizes.factors : [() => sizes.constant, ...sizes.factors], child };
}

const withoutCost = (part: Part): Part => ({ depth: part.depth, aliases: part.aliases, fixed: 0, terms: [] });

/** How many children the arguments ask for: what is known now, times what variables decide later. */
function sizesOf(walk: Walk, node: FieldNode, field: GraphQLField<unknown, unknown>): { constant: number; factors: Factor[] } {
  let page = 0;
  let isPaged = false;
  let constant = 1;
  const pageVariables: Factor[] = [];
  const factors: Factor[] = [];
  for (const argument of field.args) {
    const kind = sizeKind(argument);
    if (kind === undefined) continue;
    const size = readSize(walk, argument, node.arguments?.find((given) => given.name.value === argument.name)?.value);
    isPaged ||= kind === 'page';
    if (size === undefined) continue;
    if (typeof size === 'number') {
      if (kind === 'page') page = Math.max(page, size);
      else constant *= size;
    } else if (kind === 'page') pageVariables.push(size);
    else factors.push(size);
  }
  if (pageVariables.length > 0) {
    factors.push((variables) => pageVariables.reduce((largest, size) => Math.max(largest, size(variables)), page) || ASSUMED_PAGE);
  } else if (isPaged) constant *= page || ASSUMED_PAGE;
  return { constant, factors };
}

const PAGE_ARGUMENTS: ReadonlySet<string> = new Set(['first', 'last', 'limit']);

function sizeKind(argument: GraphQLArgument): 'page' | 'ids' | undefined {
  if (PAGE_ARGUMENTS.has(argument.name)) return 'page';
  const isIds = isListType(getNullableType(argument.type)) && (/ids$/i.test(argument.name) || getNamedType(argument.type).name === 'ID');
  return isIds ? 'ids' : undefined;
}

function readSize(walk: Walk, argument: GraphQLArgument, given: ValueNode | undefined): number | Factor | undefined {
  if (given?.kind === Kind.VARIABLE) {
    const variable = given.name.value;
    const definition = walk.operation.variableDefinitions?.find((each) => each.variable.name.value === variable);
    const fallback = literalSize(definition?.defaultValue) ?? valueSize(argument.defaultValue) ?? 0;
    walk.pageVariables.push({ argument: argument.name, variable, fallback });
    return (variables) => valueSize(variables[variable]) ?? fallback;
  }
  const size = given === undefined ? valueSize(argument.defaultValue) : literalSize(given);
  if (size !== undefined) walk.pages.push({ argument: argument.name, size });
  return size;
}

function literalSize(node: ValueNode | undefined): number | undefined {
  if (node?.kind === Kind.INT) return Math.max(0, Number(node.value));
  if (node?.kind === Kind.LIST) return node.values.length;
  return undefined;
}

/** The size a variable's or default's value asks for; undefined for what the executor will refuse anyway. */
export function valueSize(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.max(0, value);
  if (Array.isArray(value)) return value.length;
  return undefined;
}

function costOf(part: Part, variables: Variables, known: Map<Part, number>): number {
  if (part.fixed !== undefined) return part.fixed;
  const before = known.get(part);
  if (before !== undefined) return before;
  let sum = 0;
  for (const term of part.terms) {
    let factor = 1;
    for (const size of term.factors) factor *= size(variables);
    const child = costOf(term.child, variables, known);
    sum += term.self + (child === 0 ? 0 : factor * child);
  }
  known.set(part, sum);
  return sum;
}
