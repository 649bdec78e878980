import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import { MessageType } from 'graphql-ws';

/* Texts of the graphql-transport-ws protocol, server to client. */

export const ackText = `{"type":"${MessageType.ConnectionAck}"}`;

export const pongText = (payload: Readonly<Record<string, unknown>> | null | undefined): string =>
  JSON.stringify({ type: MessageType.Pong, ...(payload && { payload }) });

export const nextText = (id: string, result: ExecutionResult): string =>
  `{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":${JSON.stringify(result)}}`;

export const completeText = (id: string): string => `{"id":${JSON.stringify(id)},"type":"${MessageType.Complete}"}`;

/** `retryAfterSeconds`, where a limit gave one, is told in every error's extensions. */
export function errorText(id: string, errors: readonly (GraphQLError | GraphQLFormattedError)[], retryAfterSeconds?: number): string {
  const payload = errors.map((error) => {
    const plain = error instanceof GraphQLError ? error.toJSON() : error;
    return retryAfterSeconds === undefined ? plain : { ...plain, extensions: { ...plain.extensions, retryAfterSeconds } };
  });
  return `{"id":${JSON.stringify(id)},"type":"${MessageType.Error}","payload":${JSON.stringify(payload)}}`;
}
