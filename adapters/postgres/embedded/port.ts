import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { PortError } from '../../../ports/index.ts';

/** Below 32768, where the kernel takes the ports of outgoing connections from. */
const FIRST = 20_000;
const COUNT = 10_000;
const TRIES = 50;

/** The port this home used last, or one made from its path, or the next free one after it. Kept in `<home>/port`. */
export async function choosePort(home: string, asked: number | undefined): Promise<number> {
  if (asked !== undefined) {
    if (await isFree(asked)) return asked;
    throw new PortError('UNAVAILABLE', `port ${asked} for the embedded PostgreSQL is taken`, { adapter: 'embedded-postgres' });
  }
  const file = join(home, 'port');
  const kept = existsSync(file) ? Number(readFileSync(file, 'utf8')) - FIRST : Number.NaN;
  const start = Number.isInteger(kept) ? kept : createHash('sha256').update(home).digest().readUInt32BE() % COUNT;
  for (let step = 0; step < TRIES; step++) {
    const port = FIRST + ((start + step * 37 + COUNT) % COUNT);
    if (!(await isFree(port))) continue;
    writeFileSync(file, `${port}\n`);
    return port;
  }
  throw new PortError('UNAVAILABLE', `${TRIES} ports were tried for the embedded PostgreSQL and all are taken`, {
    adapter: 'embedded-postgres',
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
