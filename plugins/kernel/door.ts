import type { Viewer } from './viewer.ts';

/**
 * A REST route runs a persisted GraphQL operation, so it has the same auth, limits and errors. Its parameters are the operation's
 * variables; the OpenAPI page is made from this and the operation's types.
 */
export interface RestRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/v1/scores/{user_id}`; each `{name}` is a parameter with `in: 'path'`. */
  readonly path: string;
  readonly summary: string;
  /** One GraphQL operation. */
  readonly operation: string;
  readonly parameters: Readonly<Record<string, RestParameter>>;
  /** Turns the operation's data into the answer. Refusals in the data become their status here. */
  readonly respond: (data: never) => RestAnswer;
}

export interface RestParameter {
  readonly in: 'path' | 'query' | 'body';
  /** The variable of the operation that takes it. */
  readonly variable: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
  readonly required: boolean;
  readonly description: string;
}

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** A protocol door: a plain handler for webhooks, ingest and scrapes. The server caps the body and passes it raw. */
export interface Door {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly bodyBytesMax: number;
  handle(request: DoorRequest): Promise<DoorAnswer>;
}

export interface DoorRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Uint8Array;
  readonly viewer: Viewer;
  readonly signal: AbortSignal;
}

export interface DoorAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}
