import { type ConnectContext, type Db, type Health, type OpenContext, PortError } from '../../ports/index.ts';
import { createDatabase } from './database.ts';
import { mapPostgresError } from './errors.ts';
import { type Link, openLink, type Rows, type StatementOptions } from './link.ts';
import { createListener, type Listener } from './listener.ts';
import { createPool, type Pool } from './pool.ts';
import { startSweeper } from './sweeper.ts';
import { installTables } from './tables.ts';

/** What the opened ports of one resource share. */
export interface Conn {
  /** Links for plugins' queries and transactions. */
  readonly rows: Pool;
  readonly db: Db;
  readonly listener: Listener;
  /** One statement of the adapter itself, on links that plugins' transactions cannot use up. Errors are PortErrors of `port`. */
  call<Row>(
    port: string,
    text: string,
    params: readonly unknown[],
    options?: StatementOptions & { readonly signal?: AbortSignal | undefined },
  ): Promise<Rows<Row>>;
  health(): Promise<Health>;
  readonly serverVersion: string;
  close(): Promise<void>;
}

export interface ConnSettings {
  readonly url: string;
  /** Links for plugins, 1–100. The adapter's own ports use up to `HOUSE_LINKS` more, and one listens. */
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
}

const HOUSE_LINKS = 6;
const ACQUIRE_WAIT_MS = 10_000;
const WAITING_MAX = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;
const CLOSE_GRACE_MS = 5_000;
const HEALTH_WAIT_MS = 800;

export async function connectPostgres(settings: ConnSettings, context: Pick<ConnectContext, 'log' | 'signal'>): Promise<Conn> {
  const link = { url: settings.url, connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: settings.statementTimeoutMs };
  const limits = { waitMs: ACQUIRE_WAIT_MS, waitingMax: WAITING_MAX };
  const rows = createPool({
    ...limits,
    max: settings.poolSize,
    open: () => openLink({ ...link, applicationName: 'portico' }),
  });
  const house = createPool({
    ...limits,
    max: HOUSE_LINKS,
    open: () => openLink({ ...link, applicationName: 'portico ports' }),
  });
  const serverVersion = await house.use(prepareServer, context.signal).catch(async (error: unknown) => {
    await house.close(0);
    throw error;
  });
  const listener = createListener({
    open: (hooks) => openLink({ ...link, ...hooks, applicationName: 'portico listener' }),
    onLost: () => context.log.warn('the listening connection to PostgreSQL was lost; it is being restored'),
  });

  const call: Conn['call'] = async (port, text, params, options = {}) => {
    try {
      return await house.use((session) => session.query(text, params, options), options.signal);
    } catch (error) {
      throw mapPostgresError(error, { port });
    }
  };
  const sweeper = startSweeper(call, context.log);
  let closing: Promise<void> | undefined;

  return {
    rows,
    db: createDatabase(rows),
    listener,
    call,
    serverVersion,
    health: () => askHealth(call),
    close() {
      closing ??= (async () => {
        sweeper.stop();
        listener.close();
        await Promise.all([rows.close(CLOSE_GRACE_MS), house.close(CLOSE_GRACE_MS)]);
      })();
      return closing;
    },
  };
}

/** Installs the adapter's tables and answers the server's version, e.g. `18.4`. */
async function prepareServer(session: Link): Promise<string> {
  await installTables(session);
  const [row] = await session.query<{ server_version: string }>('show server_version');
  return row?.server_version.split(' ')[0] ?? 'of unknown version';
}

async function askHealth(call: Conn['call']): Promise<Health> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', detail: `PostgreSQL did not answer within ${HEALTH_WAIT_MS} ms` }), HEALTH_WAIT_MS);
  });
  const asked = call('health', 'select 1', []).then(
    (): Health => ({ status: 'ok', latencyMs: Math.round(performance.now() - startedAt) }),
    (error: unknown): Health => ({ status: 'down', detail: error instanceof PortError ? error.message : 'PostgreSQL does not answer' }),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** An abort signal for everything an opened instance runs: it ends with the gateway or with the instance. */
export function instanceSignal(context: OpenContext): { readonly signal: AbortSignal; readonly end: () => void } {
  const own = new AbortController();
  return { signal: AbortSignal.any([own.signal, context.signal]), end: () => own.abort(new Error('the instance is closed')) };
}
