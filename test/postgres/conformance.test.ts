import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgres } from '../../adapters/postgres/index.ts';
import { register } from '../kit/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';

postgresSuite()('the postgres adapter over a server', () => {
  let server: PostgresServer | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  }, 30_000);
  afterAll(() => server?.stop());
  // The cases are listed before the server runs, and connect after.
  const adapter = () => postgres({ url: server?.url ?? 'postgres://not.started' });
  const fault = { kill: () => server?.kill9(), restart: () => server?.restart() };
  register({ adapter, fault }, { describe, it, skip: it.skip });
});
