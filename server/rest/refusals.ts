import { type Refusal, type RestAnswer, type RestRoute, refusalKindOf, refusalOverHttp } from '../../plugins/kernel/index.ts';
import { PORT_ERRORS } from '../../ports/index.ts';
import type { Answer } from '../pipeline/types.ts';

/** The REST answer to a refusal in an operation's data, told by its `__typename`; undefined for anything else. For a route's `respond`. */
export function refusalAnswer(
  value: { readonly __typename?: string } & Partial<Pick<Refusal, 'field' | 'message'>>,
): RestAnswer | undefined {
  const kind = refusalKindOf(value.__typename ?? '');
  return kind && refusalOverHttp({ kind, field: value.field ?? '', message: value.message ?? '' });
}

export interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** As the caller of the route knows it. */
  readonly field: string | undefined;
}

/** What a REST caller is told of an operation's first error. */
export function faultOf(answer: Answer, route: RestRoute): Fault {
  const error = answer.result.errors?.[0];
  const code = typeof error?.extensions?.['code'] === 'string' ? error.extensions['code'] : 'INTERNAL';
  const field = error?.extensions?.['field'];
  const status = STATUS_OF_CODE[code] ?? (answer.status >= 400 ? answer.status : 500);
  return { status, code, message: error?.message ?? '', field: typeof field === 'string' ? parameterNamed(route, field) : undefined };
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(PORT_ERRORS).map(([code, { http }]) => [code, http])),
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  LIMIT_EXCEEDED: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  TIMEOUT: 504,
};

/** `points` of the variable is `score` of the route when the route calls it so: `input.results[2].points` keeps its tail. */
function parameterNamed(route: RestRoute, field: string): string {
  const [variable = ''] = field.split(/[.[]/, 1);
  const named = Object.entries(route.parameters).find(([, parameter]) => parameter.variable === variable);
  return named === undefined ? field : named[0] + field.slice(variable.length);
}

/** A route that answers with a status that HTTP has not is a bug of the route. */
export function answerStatus(status: number): number {
  if (!Number.isInteger(status) || status < 200 || status > 599) throw new Error(`a REST route answered with status ${status}`);
  return status;
}
