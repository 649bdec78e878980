import type { AnyPlugin, Need, Needs, Plugin, Uses } from '../../plugins/kernel/index.ts';
import type { Adapter, Port, Provider, Provides } from '../../ports/index.ts';
import type { Tracer } from '../observe/tracer.ts';

export type AnyAdapter = Adapter<Provides, unknown>;
export type Resources = Readonly<Record<string, AnyAdapter>>;

/** Ids of the ports an adapter serves. */
type PortIds<A> = A extends { readonly provides: infer P }
  ? { [K in keyof P]: P[K] extends { readonly port: Port<infer Id> } ? Id : never }[keyof P]
  : never;
/** Names of the resources that serve a port. */
type Serving<R, Id extends string> = { [K in keyof R & string]: Id extends PortIds<R[K]> ? K : never }[keyof R & string];
type RequiredKeys<N extends Needs> = { [K in keyof N]: N[K] extends { readonly optional: true } ? never : K }[keyof N];

/** For each need of a plugin, the name of a resource that serves its port. */
export type Binding<R, N extends Needs> = { readonly [K in RequiredKeys<N>]: Serving<R, N[K]['port']['id']> } & {
  readonly [K in Exclude<keyof N, RequiredKeys<N>>]?: Serving<R, N[K]['port']['id']>;
};

export interface Bound {
  readonly plugin: AnyPlugin;
  readonly binding: Readonly<Record<string, string | undefined>>;
  readonly options: unknown;
}

export interface GatewayOptions {
  /** Sees every query and mutation as a span, e.g. an OpenTelemetry tracer in the shape of `Tracer`. */
  readonly tracer?: Tracer;
}

/** What is to run, on what. Nothing is connected yet. */
export interface Gateway<R extends Resources = Resources> {
  readonly resources: R;
  readonly bound: readonly Bound[];
  readonly tracer: Tracer | undefined;
  /** Binds a plugin's needs to resources; a resource that does not serve the port, or a need left out, is a compile error. */
  use<N extends Needs, U extends Uses, Options, Service, Builder, Refs>(
    plugin: Plugin<string, N, U, Options, Service, Builder, Refs>,
    binding: Binding<R, N>,
    options?: Options,
  ): Gateway<R>;
  /** Every problem that can be told before connecting, one sentence each; empty when it can start. */
  problems(): readonly string[];
}

/**
 * `defineGateway({ main: postgres({ url }), hot: redis({ url }) }).use(leaderboard, { record: 'main', boards: 'hot', … })`.
 * The default export of `portico.config.ts`.
 */
export function defineGateway<const R extends Resources>(resources: R, { tracer }: GatewayOptions = {}): Gateway<R> {
  const make = (bound: readonly Bound[]): Gateway<R> => ({
    resources,
    bound,
    tracer,
    use: (plugin, binding, options) => make([...bound, { plugin: plugin as unknown as AnyPlugin, binding, options: options ?? {} }]),
    problems: () => problemsOf(resources, bound),
  });
  return make([]);
}

export function providerOf(adapter: AnyAdapter, port: Port): Provider<Port, unknown> | undefined {
  return Object.values(adapter.provides).find((provider) => provider.port.id === port.id) as Provider<Port, unknown> | undefined;
}

function problemsOf(resources: Resources, bound: readonly Bound[]): readonly string[] {
  const names = bound.map(({ plugin }) => plugin.name);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index).map((name) => `plugin "${name}" is used twice`);
  const unmet = bound.flatMap(({ plugin, binding }, index) => [
    ...Object.entries(plugin.needs).flatMap(([need, wanted]) =>
      bindingProblems(resources, `${plugin.name}.${need}`, wanted, binding[need]),
    ),
    ...Object.values(plugin.uses)
      .filter((used) => !names.slice(0, index).includes(used.plugin))
      .map((used) => `${plugin.name} uses the plugin "${used.plugin}", which must be used before it`),
  ]);
  return [...repeated, ...unmet];
}

function bindingProblems(resources: Resources, place: string, need: Need, resource: string | undefined): readonly string[] {
  if (resource === undefined)
    return need.optional ? [] : [`${place} (${need.port.id}) is bound to nothing${alternatives(resources, need)}`];
  const adapter = resources[resource];
  if (adapter === undefined) return [`${place} is bound to "${resource}", and there is no such resource${alternatives(resources, need)}`];
  const provider = providerOf(adapter, need.port);
  if (provider === undefined)
    return [`${place}: "${resource}" (${adapter.name}) does not serve ${need.port.id}${alternatives(resources, need)}`];
  if (provider.port.contract !== need.port.contract) {
    return [
      `${place} wants ${need.port.id} contract ${need.port.contract}; "${resource}" (${adapter.name}) serves contract ${provider.port.contract}`,
    ];
  }
  return need
    .unmet(provider.caps as never)
    .map((words) => `${place}: "${resource}" (${adapter.name}) is not ${words}${alternatives(resources, need)}`);
}

function alternatives(resources: Resources, need: Need): string {
  const names = Object.entries(resources)
    .filter(([, adapter]) => {
      const provider = providerOf(adapter, need.port);
      return provider !== undefined && provider.port.contract === need.port.contract && need.unmet(provider.caps as never).length === 0;
    })
    .map(([name]) => `"${name}"`);
  return names.length > 0 ? `; would work: ${names.join(', ')}` : '';
}
