import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Work, WorkStatus } from '../../plugins/kernel/index.ts';
import type { Health } from '../../ports/index.ts';

/** A port that does not answer by then counts as down. */
const ANSWER_MS_MAX = 1_000;

export interface HealthOptions {
  /** Every bound port. */
  readonly ports: () => readonly BoundPort[];
  readonly works?: () => readonly { readonly name: string; readonly work: Pick<Work, 'status'> }[];
  /** Not ready for new work, whatever the ports say. */
  readonly isStopping?: () => boolean;
  /** Further facts for `/health`, e.g. the version and the live statistics. No secrets. */
  readonly facts?: () => Readonly<Record<string, unknown>>;
}

export interface BoundPort {
  /** `leaderboard.boards`. */
  readonly place: string;
  readonly port: string;
  readonly resource: string;
  readonly adapter: string;
  health(): Promise<Health>;
}

export interface HealthReport {
  readonly status: 'ok' | 'degraded' | 'down' | 'stopping';
  readonly ports: readonly (Omit<BoundPort, 'health'> & Health)[];
  readonly work: readonly ({ readonly name: string } & WorkStatus)[];
}

export interface HealthCheck {
  /** Asks every port at once, each for a second at most; calls at the same time share one round. */
  report(): Promise<HealthReport>;
  /**
   * `/health/live`: the process answers. `/health/ready`: 200 while every port serves, 503 otherwise. `/health`: the same with the facts.
   */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function createHealth({ ports, works = () => [], isStopping = () => false, facts = () => ({}) }: HealthOptions): HealthCheck {
  let running: Promise<HealthReport> | undefined;
  const startedMs = performance.now();

  async function ask(): Promise<HealthReport> {
    const asked = await Promise.all(ports().map(askPort));
    const work = works().map((each) => ({ name: each.name, ...each.work.status() }));
    return { status: statusOf(asked, work, isStopping()), ports: asked, work };
  }

  const report = () =>
    (running ??= ask().finally(() => {
      running = undefined;
    }));

  return {
    report,
    async handle(request, response) {
      const path = (request.url ?? '').split('?', 1)[0];
      if (path === '/health/live') return answer(request, response, 200, { status: 'ok' });
      const found = await report();
      const status = found.status === 'down' || found.status === 'stopping' ? 503 : 200;
      const more = path === '/health' ? { uptimeSeconds: Math.round((performance.now() - startedMs) / 1_000), ...facts() } : {};
      answer(request, response, status, { ...found, ...more });
    },
  };
}

async function askPort(bound: BoundPort): Promise<HealthReport['ports'][number]> {
  const { place, port, resource, adapter } = bound;
  const startedMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Health>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'down', detail: `no answer within ${ANSWER_MS_MAX} ms` }), ANSWER_MS_MAX);
  });
  const asked = bound.health().catch((): Health => ({ status: 'down', detail: 'the health check failed' }));
  const health = await Promise.race([asked, tooLate]);
  clearTimeout(timer);
  const latencyMs = health.latencyMs ?? Math.round((performance.now() - startedMs) * 1_000) / 1_000;
  return { place, port, resource, adapter, ...health, latencyMs };
}

function statusOf(ports: readonly Health[], work: readonly WorkStatus[], isStopping: boolean): HealthReport['status'] {
  if (isStopping) return 'stopping';
  if (ports.some((port) => port.status === 'down')) return 'down';
  if (ports.some((port) => port.status === 'degraded') || work.some(({ state }) => state === 'failing')) return 'degraded';
  return 'ok';
}

function answer(request: IncomingMessage, response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(text),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
