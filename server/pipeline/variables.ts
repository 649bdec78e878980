import {
  coerceInputValue,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';

/**
 * Why these variables do not fit the operation, each error naming the variable and the path inside it: `$input`, `input.results[2].points`.
 * Empty when they fit. Asked only after an executor refused them, so that a good request pays nothing for it.
 */
export function variableErrors(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  hideSuggestions: boolean,
): GraphQLError[] {
  const errors: GraphQLError[] = [];
  for (const node of operation.variableDefinitions ?? []) {
    const name = node.variable.name.value;
    const type = typeFromAST(schema, node.type);
    const report = (path: readonly (string | number)[], words: string) => {
      if (errors.length < ERRORS_MAX) errors.push(badVariable(name, path, words, node.loc === undefined ? {} : { nodes: node }));
    };
    if (!isInputType(type)) continue;
    if (!Object.hasOwn(variables, name) || variables[name] === undefined) {
      if (isNonNullType(type) && node.defaultValue === undefined) report([], `a value of type ${type.toString()} is required.`);
      continue;
    }
    coerceInputValue(variables[name], type, (path, _value, error) => report(path, error.message), hideSuggestions);
  }
  return errors;
}

/** `['results', 2, 'points']` of `input` is `input.results[2].points`. */
export const inputPath = (name: string, path: readonly (string | number)[]): string =>
  path.reduce<string>((text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${key}`), name);

const ERRORS_MAX = 20;
const WORDS_MAX = 300;

function badVariable(name: string, path: readonly (string | number)[], words: string, options: object): GraphQLError {
  const field = inputPath(name, path);
  const where = path.length === 0 ? '' : ` at "${field}"`;
  const shortened = words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX)}…` : words;
  return new GraphQLError(`Variable "$${name}"${where}: ${shortened}`, {
    ...options,
    extensions: { code: 'BAD_USER_INPUT', variable: `$${name}`, field },
  });
}
