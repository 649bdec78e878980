import { Counter, collectDefaultMetrics, Histogram, type Metric, Registry } from 'prom-client';
import type { Meter } from '../../plugins/kernel/index.ts';

/** A registry with the metrics of the process (`process_…`, `nodejs_…`). */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}

/**
 * `createMeters(registry)('leaderboard')` makes metrics named `portico_leaderboard_…`. Asking for the same metric again answers the same
 * one. A gauge that throws when it is read is left out of that answer.
 */
export function createMeters(registry: Registry): (plugin: string) => Meter {
  const known = new Map<string, unknown>();
  const once = <T>(name: string, make: () => T): T => {
    const found = (known.get(name) as T | undefined) ?? make();
    known.set(name, found);
    return found;
  };
  return (plugin) => {
    const nameOf = (name: string) => `portico_${plugin}_${name}`;
    return {
      counter: (name, help, labelNames = []) => once(nameOf(name), () => counterOf(registry, nameOf(name), help, labelNames)),
      gauge(name, help, read) {
        once(nameOf(name), () => registry.registerMetric(gaugeOf(nameOf(name), help, read)));
      },
      histogram: (name, help, buckets, labelNames = []) =>
        once(nameOf(name), () => {
          const histogram = new Histogram({
            name: nameOf(name),
            help,
            buckets: [...buckets],
            labelNames: [...labelNames],
            registers: [registry],
          });
          return {
            observe: (value, labels) => (labels === undefined ? histogram.observe(value) : histogram.observe({ ...labels }, value)),
          } satisfies ReturnType<Meter['histogram']>;
        }),
    };
  };
}

/** Without labels the count is kept beside and handed over when the monitor asks, which costs an addition. */
function counterOf(registry: Registry, name: string, help: string, labelNames: readonly string[]): ReturnType<Meter['counter']> {
  let pending = 0;
  const counter = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      if (labelNames.length === 0) this.inc(pending);
      pending = 0;
    },
  });
  return {
    add(amount, labels) {
      if (labels === undefined && labelNames.length === 0) pending += amount;
      else counter.inc({ ...labels }, amount);
    },
  };
}

/** prom-client wants label names beforehand; a gauge that is read learns them from what it reads. */
function gaugeOf(name: string, help: string, read: Parameters<Meter['gauge']>[2]): Metric {
  const values = () => {
    try {
      return read().map(({ value, labels }) => ({ value, labels: { ...labels } }));
    } catch {
      return [];
    }
  };
  const gauge = {
    name,
    help,
    type: 'gauge',
    aggregator: 'sum',
    reset: () => undefined,
    get: async () => ({ name, help, type: 'gauge', aggregator: 'sum', values: values() }),
  };
  return gauge as unknown as Metric;
}
