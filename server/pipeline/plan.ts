import { createHash } from 'node:crypto';
import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
} from 'graphql';
import { type CompiledQuery, compileQuery, isCompiledQuery } from 'graphql-jit';
import type { Context } from '../../schema/context.ts';
import { type Measure, measureOperation, type Variables } from './measure.ts';
import { sharingOf } from './sharing.ts';
import { variableErrors } from './variables.ts';

/** One operation of a validated document, ready to run any number of times with any variables. */
export interface Plan {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly measure: Measure;
  /** Hash of the operation as it prints, with the fragments it uses; the first call computes it. */
  id(): string;
  sharing(): 'latest' | 'live' | undefined;
  /** Errors are raw: `maskErrors` is the caller's duty. An answer without `data` means that the variables do not fit. */
  execute(context: Context, root: unknown, variables: Variables): ExecutionResult | Promise<ExecutionResult>;
  subscribe(context: Context, variables: Variables): Promise<AsyncIterable<unknown> | ExecutionResult>;
}

/**
 * The first run of a plan interprets it; the second compiles it, so one-shot documents never pay the milliseconds that graphql-jit takes.
 * What graphql-jit cannot compile stays interpreted.
 */
export function createPlan(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  hideSuggestions: boolean,
): Plan {
  const fragments = fragmentsOf(document);
  const operationName = operation.name?.value;
  let uses = 0;
  let compiled: CompiledQuery<ExecutionResult> | undefined;
  let id: string | undefined;
  let sharing: { readonly value: 'latest' | 'live' | undefined } | undefined;

  const interpret = (contextValue: Context, rootValue: unknown, variableValues: Variables) =>
    execute({ schema, document, rootValue, contextValue, variableValues, operationName }) as ExecutionResult | Promise<ExecutionResult>;
  const explain = (result: ExecutionResult, variables: Variables): ExecutionResult | undefined => {
    const errors = variableErrors(schema, operation, variables, hideSuggestions);
    if (errors.length > 0) return { errors };
    return result.errors === undefined ? result : undefined;
  };

  return {
    kind: operation.operation,
    document,
    operationName,
    measure: measureOperation(schema, operation, fragments),
    id: () => (id ??= operationId(operation, fragments)),
    sharing: () => (sharing ??= { value: sharingOf(schema, operation, fragments) }).value,
    execute(context, root, variables) {
      if (uses < 2) {
        uses += 1;
        if (uses === 2) compiled = compile(schema, document, operationName);
      }
      if (compiled === undefined) {
        const result = interpret(context, root, variables);
        return 'then' in result || 'data' in result ? result : (explain(result, variables) ?? result);
      }
      const result = compiled.query(root, context, variables) as ExecutionResult | Promise<ExecutionResult>;
      if ('data' in result || 'then' in result) return result;
      // The interpreter has the last word on input that the compiled code refuses.
      return explain(result, variables) ?? interpret(context, root, variables);
    },
    async subscribe(contextValue, variableValues) {
      const source = { schema, document, contextValue, variableValues, operationName };
      const stream = await createSourceEventStream(source);
      if (Symbol.asyncIterator in stream) return stream;
      return explain(stream, variableValues) ?? stream;
    },
  };
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
): CompiledQuery<ExecutionResult> | undefined {
  const compiled = compileQuery(schema, document, operationName, { disablingCapturingStackErrors: true });
  return isCompiledQuery(compiled) ? (compiled as CompiledQuery<ExecutionResult>) : undefined;
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  return fragments;
}

function operationId(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): string {
  const hash = createHash('sha256').update(print(operation));
  for (const [, fragment] of [...fragments].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update('\n').update(print(fragment));
  return hash.digest('base64url');
}
