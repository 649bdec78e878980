import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { startEmbedded } from '../../adapters/postgres/embedded/server.ts';
import { embeddedPostgres, postgres } from '../../adapters/postgres/index.ts';
import { register } from '../kit/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'portico-embedded-'));
const recipe = embeddedPostgres({ folder });
let server: Awaited<ReturnType<typeof startEmbedded>> | undefined;

// One gateway holds a folder, so the kit's many connections share one server, as the gateway's ports do.
beforeAll(async () => {
  const log = { info: () => undefined, warn: () => undefined };
  server = await startEmbedded({ folder }, { signal: new AbortController().signal, log });
});

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the server out of npm', () => {
  const connect: typeof recipe.connect = (context) => postgres({ url: server?.url ?? '' }).connect(context);
  register({ adapter: () => ({ ...recipe, connect }) }, { describe, it, skip: it.skip });
});
