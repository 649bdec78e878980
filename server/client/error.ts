import type { GraphQLFormattedError } from 'graphql';

/** An operation was answered with errors, or the gateway could not be reached. */
export class PorticoError extends Error {
  override readonly name = 'PorticoError';
  /** `extensions.code` of the first error, e.g. `UNAUTHENTICATED`; `UNREACHABLE` when there was no answer. */
  readonly code: string;
  readonly errors: readonly GraphQLFormattedError[];
  /** Whether the same call may succeed later. */
  readonly isRetryable: boolean;

  constructor(errors: readonly GraphQLFormattedError[], cause?: unknown) {
    super(errors[0]?.message ?? 'The gateway could not be reached.', cause === undefined ? undefined : { cause });
    const extensions = errors[0]?.extensions;
    this.errors = errors;
    this.code = typeof extensions?.['code'] === 'string' ? extensions['code'] : errors.length > 0 ? 'UNKNOWN' : 'UNREACHABLE';
    this.isRetryable = errors.length === 0 || extensions?.['retryable'] === true || extensions?.['code'] === 'RATE_LIMITED';
  }
}
