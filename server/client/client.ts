import type { FormattedExecutionResult } from 'graphql';
import { createClient } from 'graphql-ws';
import { PorticoError } from './error.ts';
import { resumingStream } from './resume.ts';

type Variables = Readonly<Record<string, unknown>>;

export interface PorticoClientOptions {
  /** Of the GraphQL endpoint: `http://localhost:4000/graphql`. Subscriptions go to the same path over `ws:` or `wss:`. */
  readonly url: string;
  /** A bearer token, or where to get one; it is asked for before each request and each connection, so it may return a fresh one. */
  readonly token?: string | (() => string | Promise<string>);
  /** A server's API key, instead of a token. */
  readonly apiKey?: string;
  /** Failed connections in a row after which a subscription throws. Default 10; the pause between them grows to 30 seconds. */
  readonly attemptsMax?: number;
  /** By default the global ones. */
  readonly fetch?: typeof fetch;
  readonly webSocket?: unknown;
}

export interface PorticoClient {
  /** Answers `data`. Rejects with a `PorticoError` when there are errors. */
  query<Data = Record<string, unknown>>(
    operation: string,
    variables?: Variables,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Data>;
  /** The same; sent once, never repeated by the client. */
  mutate<Data = Record<string, unknown>>(
    operation: string,
    variables?: Variables,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Data>;
  /**
   * Events as they come, until the signal aborts, the loop is left, or the server completes. A dropped socket, a deploy and a slow reader's
   * cut are resumed: where the operation declares `$after` and selects `cursor`, without a gap or a repeat; else from the present.
   * Throws a `PorticoError` for what cannot be resumed, `CURSOR_EXPIRED` among it.
   */
  subscribe<Data = Record<string, unknown>>(
    operation: string,
    variables?: Variables,
    options?: { readonly signal?: AbortSignal },
  ): AsyncGenerator<Data, void, void>;
  /** Ends the socket and with it all subscriptions. */
  close(): Promise<void>;
}

/** A client for apps and servers, in Node and in browsers: queries and mutations over HTTP, subscriptions over one WebSocket. */
export function createPorticoClient(options: PorticoClientOptions): PorticoClient {
  const { url, apiKey } = options;
  const ask = options.fetch ?? globalThis.fetch;
  const closed = new AbortController();

  async function credential(): Promise<Record<string, string>> {
    if (apiKey !== undefined) return { 'x-api-key': apiKey };
    const token = typeof options.token === 'function' ? await options.token() : options.token;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  const socket = createClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: credential,
    retryAttempts: 0,
    lazyCloseTimeout: 1_000,
    ...(options.webSocket !== undefined && { webSocketImpl: options.webSocket }),
  });

  async function run<Data>(operation: string, variables: Variables | undefined, signal: AbortSignal | undefined): Promise<Data> {
    const response = await ask(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...(await credential()) },
      body: JSON.stringify({ query: operation, ...(variables && { variables }) }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new PorticoError([], error);
    });
    const result = (await response.json().catch((error: unknown) => {
      throw new PorticoError([], error);
    })) as FormattedExecutionResult<Data>;
    if (result.errors && result.errors.length > 0) throw new PorticoError(result.errors);
    if (result.data === undefined || result.data === null)
      throw new PorticoError([{ message: `The gateway answered ${response.status} without data.` }]);
    return result.data;
  }

  return {
    query: (operation, variables, { signal } = {}) => run(operation, variables, signal),
    mutate: (operation, variables, { signal } = {}) => run(operation, variables, signal),
    subscribe: (operation, variables = {}, { signal } = {}) =>
      resumingStream(socket, {
        operation,
        variables,
        signal: signal ? AbortSignal.any([signal, closed.signal]) : closed.signal,
        attemptsMax: options.attemptsMax ?? 10,
        mayRefresh: typeof options.token === 'function',
      }),
    async close() {
      closed.abort();
      await socket.dispose();
    },
  };
}
