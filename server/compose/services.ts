import type { AnyPlugin, Environment, Log, Meter, Work } from '../../plugins/kernel/index.ts';
import { systemClock, systemRandom } from '../environment.ts';
import type { Gateway } from './gateway.ts';
import { type OpenResources, StartError } from './open.ts';

export interface Services {
  of(plugin: string): unknown;
  /** Background work of every plugin, named `plugin.work`. */
  readonly works: readonly { readonly name: string; readonly work: Work }[];
}

export interface ServiceOptions {
  readonly log: (plugin: string) => Log;
  readonly meter: (plugin: string) => Meter;
  readonly signal: AbortSignal;
}

/** Makes every plugin's service, each after those it uses. Wrong options of any plugin are told together. */
export async function buildServices(gateway: Gateway, resources: OpenResources, { log, meter, signal }: ServiceOptions): Promise<Services> {
  const options = parseOptions(gateway);
  const services = new Map<string, unknown>();
  for (const { plugin } of gateway.bound) {
    const environment: Environment = { clock: systemClock, random: systemRandom, log: log(plugin.name), meter: meter(plugin.name), signal };
    const uses = Object.fromEntries(Object.entries(plugin.uses).map(([name, used]) => [name, services.get(used.plugin)]));
    const context = { ...environment, ports: resources.portsOf(plugin.name), uses, options: options.get(plugin.name) };
    services.set(plugin.name, await (plugin.service as (context: unknown) => unknown)(context));
  }
  return {
    of: (plugin) => services.get(plugin),
    works: gateway.bound.flatMap(({ plugin }) => worksOf(plugin, services.get(plugin.name))),
  };
}

function worksOf(plugin: AnyPlugin, service: unknown): Services['works'] {
  const works = (plugin.work as ((service: unknown) => readonly Work[]) | undefined)?.(service) ?? [];
  return works.map((work) => ({ name: `${plugin.name}.${work.name}`, work }));
}

function parseOptions(gateway: Gateway): ReadonlyMap<string, unknown> {
  const parsed = new Map<string, unknown>();
  const problems: string[] = [];
  for (const { plugin, options } of gateway.bound) {
    try {
      parsed.set(plugin.name, plugin.options.parse(options));
    } catch (error) {
      problems.push(`the options of ${plugin.name} are wrong: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (problems.length > 0) throw new StartError(problems);
  return parsed;
}
