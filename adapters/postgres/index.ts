export { type EmbeddedPostgresOptions, embeddedPostgres, type PostgresOptions, postgres } from './adapter.ts';
export type { Conn } from './connection.ts';
export { isConnectionLost, mapPostgresError } from './errors.ts';
