import { describe, expect, it } from 'vitest';
import { definePlugin, need, optional, use } from '../../plugins/kernel/index.ts';
import { defineAdapter, EventLog, KeyValue, type KeyValueCaps, PubSub, RankedSet } from '../../ports/index.ts';
import { defineGateway } from '../../server/compose/gateway.ts';

const never = async (): Promise<never> => {
  throw new Error('these adapters are bound, not connected');
};
const CAPS: KeyValueCaps = { scope: 'cluster', durable: true, valueBytesMax: 1024, atomic: ['take'] };
const cache = (caps: KeyValueCaps) =>
  defineAdapter({ name: 'cache', version: '1', connect: never, provides: { keyValue: { port: KeyValue, caps, open: never } } });
const board = () =>
  defineAdapter({
    name: 'board',
    version: '1',
    connect: never,
    provides: { rankedSet: { port: RankedSet, caps: { scope: 'process', durable: 'none', distinct: false }, open: never } },
  });

const words = definePlugin({
  name: 'words',
  contract: 1,
  needs: {
    store: need(KeyValue, { 'kept on disk': (caps) => caps.durable, 'able to take': (caps) => caps.atomic.includes('take') }),
    log: optional(EventLog),
  },
  uses: {},
  options: { parse: () => ({}) },
  service: ({ ports }) => ({ read: (key: string) => ports.store.api.get([key]), hasLog: ports.log !== undefined }),
  schema: () => ({}),
  resolvers: () => undefined,
});
const readers = definePlugin({
  name: 'readers',
  contract: 1,
  needs: { feed: need(PubSub) },
  uses: { words: use<{ read(key: string): Promise<unknown> }>('words') },
  options: { parse: () => ({}) },
  service: ({ uses }) => uses.words,
  schema: () => ({}),
  resolvers: () => undefined,
});

describe('binding', () => {
  it('accepts a resource that serves the port and claims what is asked', () => {
    expect(
      defineGateway({ main: cache(CAPS) })
        .use(words, { store: 'main' })
        .problems(),
    ).toEqual([]);
  });

  it('rejects at compile time what does not serve the port, is not there, or is left out', () => {
    const gateway = defineGateway({ main: cache(CAPS), boards: board() });
    // @ts-expect-error "boards" does not serve key-value
    gateway.use(words, { store: 'boards' });
    // @ts-expect-error there is no such resource
    gateway.use(words, { store: 'nowhere' });
    // @ts-expect-error "store" is not bound
    const unbound = gateway.use(words, {});
    expect(unbound.problems()).toEqual(['words.store (key-value) is bound to nothing; would work: "main"']);
  });

  it('tells every unmet capability at once, with the resources that would do', () => {
    const gateway = defineGateway({ weak: cache({ ...CAPS, durable: false, atomic: [] }), main: cache(CAPS) })
      .use(words, { store: 'weak' })
      // @ts-expect-error nothing here serves pub-sub
      .use(readers, { feed: 'main' });
    expect(gateway.problems()).toEqual([
      'words.store: "weak" (cache) is not kept on disk; would work: "main"',
      'words.store: "weak" (cache) is not able to take; would work: "main"',
      'readers.feed: "main" (cache) does not serve pub-sub',
    ]);
  });

  it('asks for a used plugin to come first', () => {
    const twice = defineGateway({ main: cache(CAPS) })
      .use(words, { store: 'main' })
      .use(words, { store: 'main' });
    expect(twice.problems()).toEqual(['plugin "words" is used twice']);
    expect(
      defineGateway({ main: cache(CAPS) })
        // @ts-expect-error nothing here serves pub-sub
        .use(readers, { feed: 'main' })
        .problems(),
    ).toContain('readers uses the plugin "words", which must be used before it');
  });
});
