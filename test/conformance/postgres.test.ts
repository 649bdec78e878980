import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgres } from '../../adapters/postgres/index.ts';
import { register } from '../kit/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { type Proxy, startProxy } from '../services/proxy.ts';

postgresSuite()('a server behind a network that can be cut', () => {
  let server: PostgresServer | undefined;
  let proxy: Proxy | undefined;
  beforeAll(async () => {
    server = await startPostgres();
    proxy = await startProxy(server);
  });
  afterAll(async () => {
    await proxy?.stop();
    await server?.stop();
  });
  register(
    {
      // Cases are listed before the server runs, and connect after.
      adapter: () => postgres({ url: `postgres://postgres@127.0.0.1:${proxy?.port ?? 1}/postgres` }),
      roundTrips: () => proxy?.roundTrips() ?? 0,
      fault: {
        cut: () => proxy?.cut(),
        heal: () => proxy?.heal(),
        kill: () => server?.kill9(),
        restart: () => server?.restart(),
      },
    },
    { describe, it, skip: it.skip },
  );
});
