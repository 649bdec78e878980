import { memory } from '../../adapters/memory/index.ts';
import type { ApiOf, CapsOf, Port, Provider } from '../../ports/index.ts';
import type { AnyAdapter } from '../kit/index.ts';

/** An adapter with one bug. */
export interface Mutant {
  readonly bug: string;
  /** The case that must fail. */
  readonly killedBy: string;
  readonly adapter: () => AnyAdapter;
  /** The same without the bug, on which the case must pass; null when the mutant only claims something else. */
  readonly sound: (() => AnyAdapter) | null;
}

/** Puts some verbs of an opened port in the place of the adapter's own; the others stay. */
export type Patch<P extends Port> = (api: ApiOf<P>) => Partial<ApiOf<P>>;

/** `mutantsOf(KeyValue)('a bug', 'case', (api) => ({ … }), { …caps })` over an adapter, by default the one in memory. */
export const mutantsOf =
  <P extends Port>(port: P, make: () => AnyAdapter = memory) =>
  (bug: string, killedBy: string, patch: Patch<P>, caps: Partial<CapsOf<P>> | null = null): Mutant => ({
    bug,
    killedBy: `${port.id}/${killedBy}`,
    adapter: () => patched(make(), port, patch, caps ?? {}),
    sound: caps === null ? make : null,
  });

function patched<P extends Port>(adapter: AnyAdapter, port: P, patch: Patch<P>, caps: object): AnyAdapter {
  const [name, provider] = Object.entries(adapter.provides).find(([, candidate]) => candidate.port.id === port.id) ?? [];
  if (name === undefined || provider === undefined) throw new Error(`${adapter.name} does not serve ${port.id}`);
  const mutated: Provider = {
    ...provider,
    caps: { ...provider.caps, ...caps },
    async open(conn, context) {
      const instance = await provider.open(conn, context);
      const original = instance.api as object;
      const replaced = patch(original as ApiOf<P>) as object;
      const api = new Proxy(original, {
        get: (target, verb) => Reflect.get(verb in replaced ? replaced : target, verb) as unknown,
      });
      return { api, health: () => instance.health(), close: () => instance.close() };
    },
  };
  return { ...adapter, name: 'mutant', provides: { [name]: mutated }, connect: (context) => adapter.connect(context) };
}
