import {
  type GraphQLInputType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  typeFromAST,
} from 'graphql';
import type { RestParameter, RestRoute } from '../../plugins/kernel/index.ts';

type Json = Readonly<Record<string, unknown>>;

/** The routes as OpenAPI 3.1; parameter types are those of the operations' variables. Throws on a route whose variable its operation has not. */
export function openApiOf(routes: readonly RestRoute[], schema: GraphQLSchema): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  const components: Record<string, Json> = { ...SCHEMAS };
  for (const route of routes) {
    const path = (paths[route.path] ??= {});
    path[route.method.toLowerCase()] = operationOf(route, schema, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Portico',
      version: '1.0.0',
      description: 'Each path runs one GraphQL operation, with the same credentials, limits and errors.',
    },
    paths,
    components: {
      schemas: components,
      responses: ERRORS,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
    },
    security: [{}, { bearer: [] }, { apiKey: [] }],
  };
}

function operationOf(route: RestRoute, schema: GraphQLSchema, components: Record<string, Json>): Json {
  const types = variableTypes(route, schema);
  const entries = Object.entries(route.parameters);
  const schemaOf = (name: string, parameter: RestParameter): unknown => {
    const type = types.get(parameter.variable);
    if (type === undefined)
      throw new Error(`${route.method} ${route.path}: the operation has no variable $${parameter.variable} for "${name}"`);
    return jsonSchema(type, components);
  };
  const inBody = entries.filter(([, parameter]) => parameter.in === 'body');
  const parameters = entries
    .filter(([, parameter]) => parameter.in !== 'body')
    .map(([name, parameter]) => ({
      name,
      in: parameter.in,
      required: parameter.in === 'path' || parameter.required,
      description: parameter.description,
      schema: schemaOf(name, parameter),
    }));
  const body = {
    type: 'object',
    properties: Object.fromEntries(
      inBody.map(([name, parameter]) => [name, { description: parameter.description, ...(schemaOf(name, parameter) as Json) }]),
    ),
    required: inBody.filter(([, parameter]) => parameter.required).map(([name]) => name),
    additionalProperties: false,
  };
  return {
    operationId: operationIdOf(route),
    summary: route.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(inBody.length > 0 && { requestBody: { required: body.required.length > 0, content: { 'application/json': { schema: body } } } }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: {} } } },
      ...Object.fromEntries(Object.keys(ERRORS).map((name) => [STATUS_OF[name] ?? 'default', { $ref: `#/components/responses/${name}` }])),
    },
  };
}

const operationIdOf = (route: RestRoute): string =>
  `${route.method.toLowerCase()}${route.path.replaceAll(/[^A-Za-z0-9]+/g, '_').replace(/_$/, '')}`;

function variableTypes(route: RestRoute, schema: GraphQLSchema): ReadonlyMap<string, GraphQLInputType> {
  const operation = parse(route.operation).definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const types = new Map<string, GraphQLInputType>();
  for (const definition of operation?.variableDefinitions ?? []) {
    const type = typeFromAST(schema, definition.type);
    if (isInputType(type)) types.set(definition.variable.name.value, type);
  }
  return types;
}

/** Input objects become named components, so that a type which holds itself stays finite. */
function jsonSchema(type: GraphQLInputType, components: Record<string, Json>): unknown {
  if (isNonNullType(type)) return jsonSchema(type.ofType, components);
  if (isListType(type)) return { type: 'array', items: jsonSchema(type.ofType, components) };
  if (isEnumType(type)) return { type: 'string', enum: type.getValues().map((value) => value.name) };
  if (!isInputObjectType(type)) return SCALARS[type.name] ?? {};
  if (components[type.name] === undefined) {
    components[type.name] = {};
    const fields = Object.values(type.getFields());
    components[type.name] = {
      type: 'object',
      ...(type.description && { description: type.description }),
      properties: Object.fromEntries(fields.map((field) => [field.name, jsonSchema(field.type, components)])),
      required: fields.filter((field) => isNonNullType(field.type) && field.defaultValue === undefined).map((field) => field.name),
      additionalProperties: false,
    };
  }
  return { $ref: `#/components/schemas/${type.name}` };
}

const SCALARS: Readonly<Record<string, Json>> = {
  ID: { type: 'string' },
  String: { type: 'string' },
  Cursor: { type: 'string' },
  Boolean: { type: 'boolean' },
  Float: { type: 'number' },
  Int: { type: 'integer', format: 'int32' },
  SafeInt: { type: 'integer', format: 'int64', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  DateTime: { type: 'string', format: 'date-time' },
};

const SCHEMAS: Readonly<Record<string, Json>> = {
  Error: {
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['code', 'message'],
        properties: { code: { type: 'string' }, message: { type: 'string' }, field: { type: 'string' } },
      },
    },
  },
};

const failure = (description: string): Json => ({
  description,
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
});

const ERRORS: Readonly<Record<string, Json>> = {
  BadRequest: failure('A parameter is missing or wrong; `field` names it.'),
  Unauthenticated: failure('A credential is missing or not good.'),
  Forbidden: failure('This credential may not.'),
  NotFound: failure('There is no such thing.'),
  Conflict: failure('It clashes with what is there.'),
  TooMany: failure('Too many operations; `Retry-After` says when to come back.'),
  Failed: failure('Anything else.'),
};

const STATUS_OF: Readonly<Record<string, string>> = {
  BadRequest: '400',
  Unauthenticated: '401',
  Forbidden: '403',
  NotFound: '404',
  Conflict: '409',
  TooMany: '429',
};
