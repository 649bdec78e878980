import { type Migration, migrate } from '../../drizzle/migrate.ts';
import type { AnyPlugin, Log, Opened } from '../../plugins/kernel/index.ts';
import type { ApiOf, Connection, Health, Instance, Port, Relational, Scope } from '../../ports/index.ts';
import { type Bound, type Gateway, providerOf } from './gateway.ts';

/** Problems found before or while the engines were reached: all of them, one sentence each. */
export class StartError extends Error {
  override readonly name = 'StartError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[], cause?: unknown) {
    super(problems.join('\n'), cause === undefined ? undefined : { cause });
    this.problems = problems;
  }
}

export interface OpenPort {
  /** `leaderboard.boards`. */
  readonly place: string;
  readonly port: string;
  readonly resource: string;
  readonly adapter: string;
  health(): Promise<Health>;
}

export interface OpenResources {
  /** What an operator sees: one line a resource. */
  readonly descriptions: Readonly<Record<string, string>>;
  readonly ports: readonly OpenPort[];
  /** The opened ports of a plugin, by need. */
  portsOf(plugin: string): Readonly<Record<string, Opened<Port>>>;
  /**
   * A port for the gateway itself, on the first resource in use that serves it to every process of a cluster; undefined where none
   * does: then the gateway counts for itself.
   */
  openShared<P extends Port<string, unknown, { readonly scope: Scope }>>(port: P): Promise<ApiOf<P> | undefined>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** False: the tables are left as they are. */
  readonly migrate?: boolean;
}

/** Connects every resource in use, migrates, opens a port per need. On failure closes what it had opened. */
export async function openResources(gateway: Gateway, options: OpenOptions): Promise<OpenResources> {
  const problems = gateway.problems();
  if (problems.length > 0) throw new StartError(problems);
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed())
      await closer().catch((error: unknown) => options.log.warn('closing failed', { error }));
  };
  try {
    const connections = await connectAll(gateway, options, closers);
    const opened = new Map<string, Record<string, Opened<Port>>>();
    const ports: OpenPort[] = [];
    for (const bound of gateway.bound) {
      const instances = await openNeeds(gateway, bound, connections, options, closers);
      opened.set(
        bound.plugin.name,
        Object.fromEntries(instances.map(({ need, instance, caps }) => [need, { api: instance.api as never, caps: caps as never }])),
      );
      ports.push(...instances.map(({ open }) => open));
    }
    if (options.migrate !== false) await migrateAll(gateway.bound, (plugin) => opened.get(plugin) ?? {});
    return {
      descriptions: Object.fromEntries([...connections].map(([name, connection]) => [name, connection.description])),
      ports,
      portsOf: (plugin) => opened.get(plugin) ?? {},
      async openShared<P extends Port<string, unknown, { readonly scope: Scope }>>(port: P) {
        for (const [name, connection] of connections) {
          const adapter = gateway.resources[name];
          const provider = adapter && providerOf(adapter, port);
          if (!provider || (provider.caps as { readonly scope: Scope }).scope !== 'cluster') continue;
          const instance = await provider.open(connection.conn, { namespace: 'gateway', signal: options.signal, now: options.now });
          closers.push(() => instance.close());
          return instance.api as ApiOf<P>;
        }
        return undefined;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function connectAll(gateway: Gateway, { log, signal, now }: OpenOptions, closers: (() => Promise<void>)[]) {
  const inUse = new Set(gateway.bound.flatMap(({ binding }) => Object.values(binding)));
  const wanted = Object.entries(gateway.resources).filter(([name]) => inUse.has(name));
  const settled = await Promise.allSettled(wanted.map(([, adapter]) => adapter.connect({ signal, log, now })));
  const connections = new Map<string, Connection<unknown>>();
  const problems: string[] = [];
  for (const [index, result] of settled.entries()) {
    const [name = '', adapter] = wanted[index] ?? [];
    if (result.status === 'rejected') problems.push(`"${name}" (${adapter?.name}) cannot be reached: ${messageOf(result.reason)}`);
    else {
      connections.set(name, result.value);
      closers.push(() => result.value.close());
    }
  }
  if (problems.length > 0) throw new StartError(problems, settled.find((result) => result.status === 'rejected')?.reason);
  return connections;
}

async function openNeeds(
  gateway: Gateway,
  { plugin, binding }: Bound,
  connections: ReadonlyMap<string, Connection<unknown>>,
  { signal, now }: OpenOptions,
  closers: (() => Promise<void>)[],
) {
  const instances: { need: string; instance: Instance<unknown>; caps: object; open: OpenPort }[] = [];
  for (const [need, { port }] of Object.entries(plugin.needs)) {
    const resource = binding[need];
    const adapter = resource === undefined ? undefined : gateway.resources[resource];
    const connection = resource === undefined ? undefined : connections.get(resource);
    const provider = adapter && providerOf(adapter, port);
    if (resource === undefined || !adapter || !connection || !provider) continue;
    const instance = await provider.open(connection.conn, { namespace: plugin.name, signal, now });
    closers.push(() => instance.close());
    instances.push({
      need,
      instance,
      caps: provider.caps,
      open: { place: `${plugin.name}.${need}`, port: port.id, resource, adapter: adapter.name, health: () => instance.health() },
    });
  }
  return instances;
}

/** Every plugin's migrations, run under one lock for each relational port they go to. */
async function migrateAll(bound: readonly Bound[], portsOf: OpenResources['portsOf']): Promise<void> {
  for (const { relational, migrations } of migrationPlan(bound, portsOf)) await migrate(relational.db, migrations);
}

export function migrationPlan(bound: readonly Bound[], portsOf: OpenResources['portsOf']) {
  const plan = new Map<string, { relational: Relational; migrations: Migration[] }>();
  for (const { plugin, binding } of bound) {
    const migrations = (plugin as AnyPlugin).migrations;
    if (!migrations) continue;
    const relational = portsOf(plugin.name)[migrations.need]?.api as Relational | undefined;
    const resource = binding[migrations.need];
    if (!relational || resource === undefined) continue;
    const entry = plan.get(resource) ?? { relational, migrations: [] };
    entry.migrations.push({ schema: migrations.schema, folder: migrations.folder });
    plan.set(resource, entry);
  }
  return [...plan.values()];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
