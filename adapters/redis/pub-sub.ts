import { type Instance, type OpenContext, PortError, type PubSub, type Subscription } from '../../ports/index.ts';
import { checkAborted, checkText, createInbox, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import type { RedisConn } from './connection.ts';
import { mapRedisError } from './errors.ts';

export const MESSAGE_BYTES_MAX = 1_048_576;

/**
 * A channel per topic, `portico:<ns>:ps:<topic>`: PUBLISH on a single node, SPUBLISH in a Cluster, where the topic's slot names the node.
 * All messages of a call go out in one write per node. Subscriptions share the connection's listener (`listener.ts`).
 */
export async function openPubSub(conn: RedisConn, { namespace }: OpenContext): Promise<Instance<PubSub>> {
  const ask = createAsk(conn, 'pub-sub');
  const prefix = `portico:${namespace}:ps:`;
  const open = new Set<Subscription>();
  const channelOf = (topic: string): string => {
    checkText('topic', topic, 200);
    return prefix + topic;
  };

  const api: PubSub = {
    async publish(messages) {
      const pairs = messages.map(({ topic, data }) => {
        if (Buffer.byteLength(data) > MESSAGE_BYTES_MAX) throw invalid(`data must be at most ${MESSAGE_BYTES_MAX} bytes`);
        return [channelOf(topic), data] as const;
      });
      await ask.write(undefined, () =>
        Promise.all(
          pairs.map(([channel, data]) => (conn.isCluster ? conn.client.spublish(channel, data) : conn.client.publish(channel, data))),
        ),
      );
    },

    async subscribe(topics, options) {
      checkAborted(options.signal);
      for (const topic of topics) channelOf(topic);
      const heard = new Set<string>();
      let isEnded = false;
      const inbox = createInbox(options, () => {
        isEnded = true;
        for (const topic of heard) conn.listener.remove(channelOf(topic), hearer);
        heard.clear();
        open.delete(subscription);
      });
      const hearer = {
        message: (channel: string, data: string) => inbox.push({ topic: channel.slice(prefix.length), data }),
        gap: () => inbox.gap(),
      };
      const subscription: Subscription = {
        get dropped() {
          return inbox.dropped;
        },
        async add(more) {
          const fresh = [...new Set(more)].filter((topic) => !heard.has(topic));
          for (const topic of fresh) channelOf(topic);
          for (const topic of fresh) heard.add(topic);
          try {
            await Promise.all(more.map((topic) => conn.listener.add(channelOf(topic), hearer)));
          } catch (error) {
            await subscription.remove(fresh);
            throw mapRedisError(error, { port: 'pub-sub', effect: 'read' });
          }
          if (isEnded) await subscription.remove(more);
        },
        async remove(fewer) {
          for (const topic of fewer) {
            heard.delete(topic);
            conn.listener.remove(channelOf(topic), hearer);
          }
        },
        async close() {
          inbox.end();
        },
        [Symbol.asyncIterator]: () => inbox[Symbol.asyncIterator](),
      };
      open.add(subscription);
      try {
        await subscription.add(topics);
      } catch (error) {
        await subscription.close();
        throw error;
      }
      return subscription;
    },
  };
  return openInstance(api, {
    port: 'pub-sub',
    adapter: 'redis',
    health: conn.health,
    close: async () => {
      await Promise.all([...open].map((subscription) => subscription.close()));
    },
  });
}

const invalid = (message: string) => new PortError('INVALID_ARGUMENT', message, { port: 'pub-sub', adapter: 'redis' });
