import { type Health, type Instance, PortError } from '../../ports/index.ts';

export interface InstanceOptions {
  readonly port: string;
  readonly adapter: string;
  /** Asked only while open; must answer or throw quickly. */
  readonly health: () => Promise<Health>;
  /** Ends what runs in the background. Called once. */
  readonly close?: () => Promise<void> | void;
}

type Verb = (...args: never[]) => unknown;

/**
 * Wraps a port's verbs so that a closed instance refuses with CLOSED. Verbs that return async iterables (declared in `streams`) throw it
 * when called; all others reject with it.
 */
export function openInstance<Api extends object>(api: Api, options: InstanceOptions, streams: readonly (keyof Api)[] = []): Instance<Api> {
  let closing: Promise<void> | undefined;
  const closed = () => new PortError('CLOSED', `${options.port} is closed`, { port: options.port, adapter: options.adapter });
  const guarded = new Proxy(api, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      const verb = member as Verb;
      return (...args: never[]) => {
        if (closing === undefined) return verb.apply(target, args);
        if (streams.includes(name as keyof Api)) throw closed();
        return Promise.reject(closed());
      };
    },
  });
  return {
    api: guarded,
    async health() {
      if (closing !== undefined) return { status: 'down', detail: 'closed' };
      try {
        return await options.health();
      } catch (error) {
        return { status: 'down', detail: error instanceof Error ? error.message : String(error) };
      }
    },
    close() {
      closing ??= Promise.resolve(options.close?.()).then(() => undefined);
      return closing;
    },
  };
}
