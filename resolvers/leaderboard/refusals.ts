import { GraphQLError } from 'graphql';
import { isRefusal, type Refusal } from '../../plugins/kernel/index.ts';

/** A refusal in a place that has no union for it: the client's error, with the field it names. */
export function orThrow<T extends object>(value: T): Exclude<T, Refusal> {
  if ('kind' in value && typeof value.kind === 'string' && isRefusal({ kind: value.kind })) {
    const { field, message, kind } = value as unknown as Refusal;
    const code = kind === 'not-found' ? 'NOT_FOUND' : 'BAD_USER_INPUT';
    throw new GraphQLError(`${field}: ${message}`, { extensions: { code, field } });
  }
  return value as Exclude<T, Refusal>;
}

/** A list of at most `max`, else the client's error. */
export function atMost<T>(field: string, list: readonly T[], max: number): readonly T[] {
  if (list.length > max) throw new GraphQLError(`${field}: must be at most ${max}`, { extensions: { code: 'BAD_USER_INPUT', field } });
  return list;
}
