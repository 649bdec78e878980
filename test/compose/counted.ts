import type { AnyAdapter } from '../../server/compose/gateway.ts';

export type Calls = Readonly<Record<string, number>>;

/** The adapter, with every call of an opened port counted as `plugin port.verb`. */
export function counted<A extends AnyAdapter>(adapter: A, calls: Record<string, number>): A {
  const provides = Object.fromEntries(
    Object.entries(adapter.provides).map(([name, provider]) => [
      name,
      {
        ...provider,
        async open(conn: never, context: Parameters<typeof provider.open>[1]) {
          const instance = await provider.open(conn, context);
          const api = new Proxy(instance.api as object, {
            get(target, verb) {
              const member: unknown = Reflect.get(target, verb);
              if (typeof member !== 'function') return member;
              const key = `${context.namespace} ${provider.port.id}.${String(verb)}`;
              return (...args: never[]) => {
                calls[key] = (calls[key] ?? 0) + 1;
                return (member as (...args: never[]) => unknown).apply(target, args);
              };
            },
          });
          return { ...instance, api };
        },
      },
    ]),
  );
  return { ...adapter, provides };
}
