import type { GraphQLSchema } from 'graphql';
import type { RestRoute } from '../../plugins/kernel/index.ts';
import { type Rendered, renderJson } from '../http/render.ts';
import type { Persisted } from '../pipeline/persisted.ts';
import type { Caller, Pipeline } from '../pipeline/types.ts';
import { openApiOf } from './openapi.ts';
import { type RestInput, readParameters } from './parameters.ts';
import { answerStatus, faultOf } from './refusals.ts';

export interface RestDoor {
  readonly routes: readonly RestDoorRoute[];
  /** The OpenAPI 3.1 description of all routes. */
  readonly openApi: Readonly<Record<string, unknown>>;
}

export interface RestDoorRoute {
  readonly method: RestRoute['method'];
  readonly path: string;
  run(input: RestInput, caller: Caller): Promise<Rendered>;
}

export interface RestDoorOptions {
  readonly routes: readonly RestRoute[];
  readonly pipeline: Pipeline;
  readonly schema: GraphQLSchema;
  /** Where only registered documents run, the routes' operations are among them. */
  readonly persisted?: Persisted;
}

/** REST paths over GraphQL operations: the same guards, viewer, limits and errors. Errors are `{ error: { code, message, field } }`. */
export function createRestDoor({ routes, pipeline, schema, persisted }: RestDoorOptions): RestDoor {
  for (const route of routes) persisted?.register(route.operation);
  return {
    routes: routes.map((route) => ({ method: route.method, path: route.path, run: runner(route, pipeline) })),
    openApi: openApiOf(routes, schema),
  };
}

const runner =
  (route: RestRoute, pipeline: Pipeline) =>
  async (input: RestInput, caller: Caller): Promise<Rendered> => {
    const read = readParameters(route, input);
    if (!read.ok) return errorBody(400, 'BAD_USER_INPUT', read.message, read.field);
    const answer = await pipeline.run({ query: route.operation, variables: read.variables }, caller);
    const { errors, data } = answer.result;
    if (errors !== undefined && errors.length > 0) {
      const fault = faultOf(answer, route);
      return errorBody(fault.status, fault.code, fault.message, fault.field, answer.retryAfterSeconds);
    }
    const { status, body } = route.respond(data as never);
    return renderJson(answerStatus(status), body);
  };

const errorBody = (status: number, code: string, message: string, field: string | undefined, retryAfterSeconds?: number): Rendered =>
  renderJson(status, { error: { code, message, ...(field !== undefined && { field }) } }, retryAfterSeconds);
