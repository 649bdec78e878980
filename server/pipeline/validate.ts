import {
  type DocumentNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';

export interface ValidationSettings {
  readonly introspection: boolean;
  readonly hideSuggestions: boolean;
}

/** The document's errors against the schema, formatted; empty when it is valid. */
export function documentErrors(
  schema: GraphQLSchema,
  document: DocumentNode,
  settings: ValidationSettings,
): readonly GraphQLFormattedError[] {
  const rules = settings.introspection ? RULES : [...RULES, NoSchemaIntrospectionCustomRule];
  return validate(schema, document, rules, { hideSuggestions: settings.hideSuggestions, maxErrors: ERRORS_MAX }).map(format);
}

const ERRORS_MAX = 20;
const WORDS_MAX = 400;

/** A wrong literal is the client's input like a wrong variable, so it gets the same code and names its argument. */
const LiteralsFit: ValidationRule = (context) => ValuesOfCorrectTypeRule(namingArguments(context));

const RULES: readonly ValidationRule[] = specifiedRules.map((rule) => (rule === ValuesOfCorrectTypeRule ? LiteralsFit : rule));

/** Passes everything on to the real context, and puts the argument's name into what is reported. */
const namingArguments = (context: ValidationContext): ValidationContext =>
  new Proxy(context, {
    get(target, key) {
      if (key === 'reportError') return (error: GraphQLError) => target.reportError(naming(target.getArgument(), error));
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });

const naming = (argument: GraphQLArgument | null | undefined, error: GraphQLError): GraphQLError =>
  new GraphQLError(argument ? `Argument "${argument.name}": ${error.message}` : error.message, {
    ...(error.nodes !== undefined && { nodes: error.nodes }),
    extensions: { code: 'BAD_USER_INPUT', ...(argument && { field: argument.name }), ...error.extensions },
  });

function format(error: GraphQLError): GraphQLFormattedError {
  const message = /^Unknown directive "@(defer|stream)"/.test(error.message)
    ? `${error.message} This gateway does not support incremental delivery; use a subscription.`
    : error.message;
  return {
    message: message.length > WORDS_MAX ? `${message.slice(0, WORDS_MAX)}…` : message,
    ...(error.locations !== undefined && { locations: error.locations }),
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions },
  };
}
