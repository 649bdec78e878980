import type { GraphQLFormattedError } from 'graphql';

/** Close codes of a socket beside those of the graphql-transport-ws protocol. */
export const CLOSE = {
  /** RFC 6455: the gateway stops. Clients connect again and resume after their last cursor. */
  goingAway: 1001,
  /** RFC 6455: more messages than a client may send. Not to be tried again at once. */
  policy: 1008,
  /** Registered with IANA: too many sockets. Try again later. */
  tryAgainLater: 1013,
} as const;

export const GOING_AWAY = 'going away: connect again and resume after your last cursor';
export const CREDENTIAL_EXPIRED = 'credential expired: refresh it, connect again and resume after your last cursor';

/** Errors that end a subscription, with the cursor to resume after; null where the feed has none: subscribe afresh. */
export function resumable(errors: readonly GraphQLFormattedError[], after: string | undefined): readonly GraphQLFormattedError[] {
  return errors.map((error) => ({ ...error, extensions: { ...error.extensions, resume: { after: after ?? null } } }));
}

export const slowConsumer = (after: string | undefined): readonly GraphQLFormattedError[] =>
  resumable([coded('OVERLOADED', 'This subscriber is slower than its feed. Resume after the last cursor.')], after);

export const coded = (code: string, message: string): GraphQLFormattedError => ({ message, extensions: { code } });
