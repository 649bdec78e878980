/** Every bound of the server, with its default. Each can be set by `PORTICO_LIMIT_<NAME>` (see server/config.ts). */
export const LIMITS = {
  /** Bytes of a GraphQL request body. */
  bodyBytes: 256 * 1024,
  /** Tokens of a document. */
  tokens: 2_000,
  /** Nesting of fields. */
  depth: 12,
  /** Fields with an alias in one operation. */
  aliases: 30,
  /** Sum over fields of their cost times the page sizes above them. */
  cost: 10_000,
  /** Largest `first`, `last` or list of ids. */
  pageSize: 1_000,
  /** Subscriptions on one socket. */
  operationsPerSocket: 100,
  /** Sockets of one viewer (anonymous viewers count by IP). */
  socketsPerViewer: 5_000,
  /** Sockets of the whole process. */
  sockets: 20_000,
  /** Bytes waiting on one socket before its latest-wins feeds skip and its log feeds are cut with a resume hint. */
  socketBufferBytes: 1024 * 1024,
  /** Operations a minute of one signed-in viewer. */
  operationsPerMinuteViewer: 60_000,
  /** Operations a minute from one IP without a credential. */
  operationsPerMinuteIp: 6_000,
  /** Parsed and compiled documents kept. */
  documents: 1_000,
  /** Milliseconds a query or mutation may take. */
  operationMs: 30_000,
  /** Milliseconds that open work gets when the gateway stops. */
  drainMs: 10_000,
} as const satisfies Record<string, number>;

export type Limits = { readonly [K in keyof typeof LIMITS]: number };
