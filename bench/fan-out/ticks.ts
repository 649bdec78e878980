import { createBuilder } from '../../schema/builder.ts';

export interface Tick {
  readonly n: number;
  readonly cursor: string;
  readonly player: string;
  readonly note: string;
}

/** Every tick has as many bytes as any other, so that a client can count messages by their bytes. */
const FIRST = 1_000_000;
export const QUERY = 'subscription Ticks { ticks { n cursor player note } }';

export function createTicks() {
  const listeners = new Set<(tick: Tick) => void>();
  let n = FIRST;
  return {
    listeners,
    push(count: number): void {
      for (let i = 0; i < count; i += 1) {
        n += 1;
        const tick = {
          n,
          cursor: `cursor-${n}`,
          player: `player-${n}`,
          note: 'ninety bytes or so of something that an application would send',
        };
        for (const listener of listeners) listener(tick);
      }
    },
    follow(): AsyncIterableIterator<Tick> {
      const waiting: Tick[] = [];
      let wake: (() => void) | undefined;
      const listener = (tick: Tick) => {
        waiting.push(tick);
        wake?.();
      };
      listeners.add(listener);
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          for (;;) {
            const value = waiting.shift();
            if (value !== undefined) return { done: false, value };
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        },
        async return() {
          listeners.delete(listener);
          return { done: true, value: undefined };
        },
      };
    },
  };
}

export type Ticks = ReturnType<typeof createTicks>;

/** Made with the house's builder, whose graphql is that of the server. */
export function tickSchema(ticks: Ticks) {
  const builder = createBuilder();
  const Tick = builder.objectRef<Tick>('Tick').implement({
    fields: (t) => ({
      n: t.exposeInt('n'),
      cursor: t.exposeString('cursor'),
      player: t.exposeString('player'),
      note: t.exposeString('note'),
    }),
  });
  builder.queryFields((t) => ({ hello: t.string({ resolve: () => 'world' }) }));
  builder.mutationFields((t) => ({ nothing: t.int({ resolve: () => 0 }) }));
  builder.subscriptionFields((t) => ({
    ticks: t.field({ type: Tick, extensions: { shared: 'live' }, subscribe: () => ticks.follow(), resolve: (tick) => tick as Tick }),
  }));
  return builder.toSchema();
}
