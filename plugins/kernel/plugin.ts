import type { Door, RestRoute } from './door.ts';
import type { Environment } from './environment.ts';
import type { Needs, PortsFor } from './need.ts';
import type { Work } from './work.ts';

/** A service of another plugin, named by its plugin and typed by what is asked of it. */
export interface Use<Service = unknown> {
  readonly plugin: string;
  shape?(service: Service): void;
}
export type Uses = Readonly<Record<string, Use>>;
export type ServicesFor<U extends Uses> = { readonly [K in keyof U]: U[K] extends Use<infer S> ? S : never };

/** `uses: { users: use<Profiles>('users') }`, where `Profiles` is the part of that service this plugin asks for. */
export const use = <Service>(plugin: string): Use<Service> => ({ plugin });

/** Anything that validates unknown input; zod schemas fit. */
export interface OptionsSchema<Options> {
  parse(input: unknown): Options;
}

export interface ServiceContext<N extends Needs, U extends Uses, Options> extends Environment {
  readonly ports: PortsFor<N>;
  readonly uses: ServicesFor<U>;
  readonly options: Options;
}

/** Tables of a plugin: a Postgres schema of its own, with a journal of its own. */
export interface Migrations {
  /** The name of the `Relational` need they are run against. */
  readonly need: string;
  /** Also the name of the Postgres schema. */
  readonly schema: string;
  /** Folder of `NNNN_name.sql` files, run in order. */
  readonly folder: URL;
}

/**
 * A system, as its manifest shows it. `Builder` is the GraphQL schema builder; it is a type parameter so that plugins carry no GraphQL.
 */
export interface Plugin<
  Name extends string = string,
  N extends Needs = Needs,
  U extends Uses = Uses,
  Options = unknown,
  Service = unknown,
  Builder = never,
  Refs = unknown,
> {
  /** `[a-z][a-z0-9]*`: namespace of its keys, schema of its tables, prefix of its metrics. */
  readonly name: Name;
  readonly contract: 1;
  readonly needs: N;
  readonly uses: U;
  readonly options: OptionsSchema<Options>;
  readonly migrations?: Migrations;
  readonly service: (context: ServiceContext<N, U, Options>) => Service | Promise<Service>;
  readonly work?: (service: Service) => readonly Work[];
  /** Types without behaviour. */
  readonly schema: (builder: Builder) => Refs;
  /** Root fields and field resolvers. `service` answers when called, not before: the schema is also built without one, to print it. */
  readonly resolvers: (builder: Builder, refs: Refs, service: Service) => void;
  readonly routes?: readonly RestRoute[];
  readonly doors?: (service: Service) => readonly Door[];
  /** Operations that GraphiQL opens with. */
  readonly examples?: readonly {
    readonly title: string;
    readonly operation: string;
    readonly variables?: Readonly<Record<string, unknown>>;
  }[];
}

export type AnyPlugin = Plugin<string, Needs, Uses, never, never, never, never>;

export const definePlugin = <const Name extends string, const N extends Needs, const U extends Uses, Options, Service, Builder, Refs>(
  plugin: Plugin<Name, N, U, Options, Service, Builder, Refs>,
): Plugin<Name, N, U, Options, Service, Builder, Refs> => plugin;
