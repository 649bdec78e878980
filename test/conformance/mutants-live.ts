import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqlite } from '../../examples/adapter-sqlite/src/index.ts';
import { Lease, PubSub, type Subscription } from '../../ports/index.ts';
import { mutantsOf } from './mutants-made.ts';

const live = mutantsOf(PubSub);
const file = join(mkdtempSync(join(tmpdir(), 'portico-mutants-')), 'mutants.db');
const lease = mutantsOf(Lease, () => sqlite({ file }));

/** Bugs of pub-sub and leases. */
export const liveMutants = [
  live('subscriptions that begin with the first step', 'subscribe/live-when-resolved', (api) => ({
    async subscribe(topics, options) {
      const opened: Subscription[] = [];
      const open = async () => {
        const subscription = await api.subscribe(topics, options);
        opened.push(subscription);
        return subscription;
      };
      return {
        dropped: 0,
        add: async (more) => (await open()).add(more),
        remove: async (less) => opened[0]?.remove(less),
        close: async () => opened[0]?.close(),
        async *[Symbol.asyncIterator]() {
          yield* await open();
        },
      };
    },
  })),
  live('a buffer without a bound', 'buffer/drop-oldest', (api) => ({
    subscribe: (topics, options) => api.subscribe(topics, { ...options, buffer: { ...options.buffer, max: 100_000 } }),
  })),
  live('every message kept where the newest of a topic is asked for', 'buffer/latest-per-topic', (api) => ({
    subscribe: (topics, options) => api.subscribe(topics, { ...options, buffer: { ...options.buffer, overflow: 'drop-oldest' } }),
  })),
  live('a slow reader that loses silently', 'buffer/fail', (api) => ({
    subscribe: (topics, options) => api.subscribe(topics, { ...options, buffer: { ...options.buffer, overflow: 'drop-oldest' } }),
  })),
  live('messages delivered twice', 'concurrency/publishers-and-subscribers', (api) => ({
    publish: (messages) => api.publish([...messages, ...messages]),
  })),
  live('a call delivered backwards', 'subscribe/order', (api) => ({ publish: (messages) => api.publish(messages.toReversed()) })),
  live('messages published before the bad one of a call', 'bounds/message-bytes', (api) => ({
    async publish(messages) {
      for (const message of messages) await api.publish([message]);
    },
  })),
  live('a signal that ends nothing', 'end/abort', (api) => ({
    subscribe: (topics, options) => api.subscribe(topics, { ...options, signal: new AbortController().signal }),
  })),
  lease('a lease that is taken over by whoever asks', 'acquire/one-holder', (api) => ({
    acquire: (name, options) => api.acquire(name, { ...options, holder: 'everybody' }),
  })),
  lease('tokens that start again', 'token/rises', (api) => ({
    acquire: async (name, options) => {
      const grant = await api.acquire(name, options);
      return grant && { ...grant, token: 1 };
    },
  })),
  lease('a lease revived by its late holder', 'expiry/not-revived', (api) => ({
    renew: async (grant, options) => (await api.renew(grant, options)) ?? { ...grant, expiresAtMs: grant.expiresAtMs + options.ttlMs },
  })),
  lease('a release of whatever is held', 'release/only-own', (api) => ({
    async release(grant) {
      for (let token = 1; token <= grant.token + 1; token++) await api.release({ ...grant, token });
    },
  })),
  lease('a lease that runs out early', 'expiry/runs-out', (api) => ({
    acquire: (name, options) => api.acquire(name, { ...options, ttlMs: Math.max(100, options.ttlMs / 3) }),
  })),
  lease('a watch that tells only the beginning', 'watch/changes', (api) => ({
    async *watch(name, options) {
      for await (const state of api.watch(name, options)) {
        yield state;
        return;
      }
    },
  })),
];
