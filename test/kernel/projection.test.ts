import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProjection, logSource, type Projection, type Sink } from '../../plugins/kernel/index.ts';
import { PortError } from '../../ports/index.ts';
import { type PostgresServer, postgresSuite, startPostgres } from '../services/postgres.ts';
import { openEngines } from './engines.ts';

type Engines = Awaited<ReturnType<typeof openEngines>>;

/** Keeps what was applied, and refuses a step that does not begin where it stands, as a real sink does. */
function listSink(): Sink<string> & { readonly values: string[]; failNext(error: Error): void } {
  let position = 0;
  let fault: Error | undefined;
  const values: string[] = [];
  return {
    values,
    failNext(error) {
      fault = error;
    },
    position: () => Promise.resolve(position),
    apply(_partition, records, step) {
      const failure = fault;
      fault = undefined;
      if (failure !== undefined) return Promise.reject(failure);
      if (step.after !== position) return Promise.reject(new PortError('CONFLICT', 'it does not stand there'));
      values.push(...records.map(({ value }) => value));
      ({ position } = step);
      return Promise.resolve();
    },
  };
}

postgresSuite()('a projection', () => {
  let postgres: PostgresServer;
  let engines: Engines;
  beforeAll(async () => {
    postgres = await startPostgres();
    engines = await openEngines(postgres.url);
  }, 60_000);
  afterAll(async () => {
    await engines.close();
    await postgres.stop();
  });

  const topicOf = async (name: string, data: readonly string[]) => {
    await engines.log.declare(name, { partitions: 1 });
    await append(name, data);
  };
  const append = (name: string, data: readonly string[]) =>
    engines.log.append(
      name,
      data.map((text) => ({ key: 'k', data: text })),
    );
  const decode = ({ data }: { readonly data: string }) => {
    if (data.startsWith('bad')) throw new Error('not readable');
    return data;
  };
  const project = (name: string, sink: Sink<string>, holder?: string) =>
    createProjection({
      name,
      source: logSource(engines.log, name, 1, decode),
      sink,
      environment: engines.environment,
      batch: 2,
      ...(holder === undefined ? {} : { holding: { lease: engines.lease, holder, ttlMs: 500 } }),
    });
  const reached = (projection: Projection, position: number) => projection.waitFor(0, position, { signal: AbortSignal.timeout(10_000) });
  const running = async (projection: Projection, during: () => Promise<void>) => {
    const stop = new AbortController();
    const run = projection.run(stop.signal);
    try {
      await during();
    } finally {
      stop.abort();
      await run;
    }
  };

  it('passes over a record that cannot be read, counts it, and goes on', async () => {
    await topicOf('poison', ['a', 'bad', 'b']);
    const sink = listSink();
    const projection = project('poison', sink);
    await running(projection, async () => {
      expect(await reached(projection, 3)).toBe(true);
    });
    expect(sink.values).toEqual(['a', 'b']);
    expect(engines.counts.get('poison_poison_total')).toBe(1);
    expect(projection.status()).toMatchObject({ state: 'stopped', lag: 0 });
  });

  it('tries again after a fault, without a gap or a repeat', async () => {
    await topicOf('retry', ['a', 'b', 'c', 'd', 'e']);
    const sink = listSink();
    sink.failNext(new PortError('UNAVAILABLE', 'the engine is away'));
    const projection = project('retry', sink);
    await running(projection, async () => {
      expect(await reached(projection, 5)).toBe(true);
    });
    expect(sink.values).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(engines.counts.get('retry_errors_total')).toBe(1);
  });

  it('of two processes one applies, and the other takes over when it ends', async () => {
    await topicOf('lead', ['a']);
    const sink = listSink();
    const first = project('lead', sink, 'one');
    const second = project('lead', sink, 'two');
    await running(second, async () => {
      await running(first, async () => {
        expect(await Promise.race([reached(first, 1), reached(second, 1)])).toBe(true);
      });
      await append('lead', ['b', 'c']);
      expect(await reached(second, 3)).toBe(true);
    });
    expect(sink.values).toEqual(['a', 'b', 'c']);
  });

  it('builds a shadow from zero while the live one serves, then swaps', async () => {
    await topicOf('again', ['a', 'b', 'c']);
    let live = listSink();
    const sink: Sink<string> = {
      position: (partition) => live.position(partition),
      apply: (partition, records, step) => live.apply(partition, records, step),
      shadow() {
        const next = listSink();
        return Promise.resolve({
          sink: next,
          swap() {
            live = next;
            return Promise.resolve();
          },
        });
      },
    };
    const projection = project('again', sink);
    await running(projection, async () => {
      expect(await reached(projection, 3)).toBe(true);
      live.values[0] = 'damaged';
      expect(await projection.rebuild({ signal: AbortSignal.timeout(10_000) })).toBe(3);
      await append('again', ['d']);
      expect(await reached(projection, 4)).toBe(true);
    });
    expect(live.values).toEqual(['a', 'b', 'c', 'd']);
  });
});
