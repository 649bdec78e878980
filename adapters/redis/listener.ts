import { Cluster, type Redis } from 'ioredis';
import { type AdapterLog, PortError } from '../../ports/index.ts';
import { type Client, createSubscriber } from './client.ts';
import type { Endpoint } from './endpoint.ts';
import { slotOf } from './slot.ts';

/** What one subscription hears of a channel. */
export interface Hearer {
  message(channel: string, data: string): void;
  /** Messages may have been missed: the connection was lost, or the channel moved to another node. */
  gap(): void;
}

/**
 * All channels of a connection over one subscriber connection per node, whatever the number of subscriptions:
 *
 *   hearers ─┬─ channel a ─┐                 single node: SUBSCRIBE on one line
 *   hearers ─┴─ channel b ─┴─► line (node)   Cluster: SSUBSCRIBE on the line to the master of the channel's slot
 *
 * A lost line reconnects for ever; when it is back, its channels are subscribed again and every hearer is told of the gap.
 */
export interface Listener {
  /** Resolves when live. UNAVAILABLE when the engine is away. Adding a hearer twice is once. */
  add(channel: string, hearer: Hearer): Promise<void>;
  remove(channel: string, hearer: Hearer): void;
  close(): void;
}

interface Channel {
  readonly hearers: Set<Hearer>;
  node: string;
  live: Promise<void>;
}

export function createListener(endpoint: Endpoint, client: Client, log: AdapterLog): Listener {
  const channels = new Map<string, Channel>();
  const lines = new Map<string, Line>();
  /** Channels that were lost and whose hearers have not been told yet: the first message must not come before the word of the gap. */
  const behind = new Set<string>();
  let isClosed = false;

  const nodeOf = (channel: string): string => {
    if (!(client instanceof Cluster)) return endpoint.kind === 'single' ? `${endpoint.host}:${endpoint.port}` : '';
    const node = client.slots[slotOf(channel)]?.[0];
    if (node === undefined) throw new PortError('UNAVAILABLE', 'no node of the Redis Cluster serves the channel', { adapter: 'redis' });
    return node;
  };
  const lineTo = (node: string): Line => {
    const held = lines.get(node);
    if (held !== undefined) return held;
    const line = createLine(endpoint, node, {
      message(name, data) {
        tell([name]);
        for (const hearer of channels.get(name)?.hearers ?? []) hearer.message(name, data);
      },
      isWanted: (name) => channels.get(name)?.node === node,
      channels: () => [...channels].filter(([, channel]) => channel.node === node).map(([name]) => name),
      lost(names) {
        for (const name of names) behind.add(name);
      },
      back(names) {
        log.info('channels of Redis are heard again', { channels: names.length });
        tell(names);
      },
      moved() {
        if (client instanceof Cluster) client.refreshSlotsCache(() => reroute());
      },
    });
    lines.set(node, line);
    return line;
  };
  const tell = (names: readonly string[]) => {
    if (behind.size === 0) return;
    const due = names.filter((name) => behind.delete(name));
    for (const hearer of new Set(due.flatMap((name) => [...(channels.get(name)?.hearers ?? [])]))) hearer.gap();
  };
  /** Follows slots that went to another master. */
  const reroute = () => {
    if (isClosed) return;
    for (const [name, channel] of channels) {
      const node = client instanceof Cluster ? client.slots[slotOf(name)]?.[0] : channel.node;
      if (node === undefined || node === channel.node) continue;
      const former = channel.node;
      channel.node = node;
      behind.add(name);
      lines.get(former)?.unsubscribe(name);
      channel.live = lineTo(node).subscribe(name);
      channel.live.then(
        () => tell([name]),
        () => undefined,
      );
    }
    const used = new Set([...channels.values()].map((channel) => channel.node));
    for (const [node, line] of lines) {
      if (used.has(node)) continue;
      line.close();
      lines.delete(node);
    }
  };
  if (client instanceof Cluster) client.on('refresh', reroute);

  const remove = (name: string, hearer: Hearer) => {
    const channel = channels.get(name);
    if (channel === undefined || !channel.hearers.delete(hearer) || channel.hearers.size > 0) return;
    channels.delete(name);
    behind.delete(name);
    lines.get(channel.node)?.unsubscribe(name);
  };

  return {
    remove,
    async add(name, hearer) {
      if (isClosed) throw new PortError('CLOSED', 'the connection to Redis is closed', { adapter: 'redis' });
      const held = channels.get(name);
      const node = held?.node ?? nodeOf(name);
      const channel = held ?? { hearers: new Set(), node, live: lineTo(node).subscribe(name) };
      if (held === undefined) channels.set(name, channel);
      channel.hearers.add(hearer);
      try {
        await channel.live;
        if (held !== undefined) await lineTo(channel.node).untilAlive();
      } catch (error) {
        remove(name, hearer);
        throw error;
      }
    },
    close() {
      isClosed = true;
      client.off('refresh', reroute);
      for (const line of lines.values()) line.close();
      lines.clear();
      channels.clear();
    },
  };
}

/** One subscriber connection to one node. */
interface Line {
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): void;
  /** Resolves when the node has answered; rejects while it is away. */
  untilAlive(): Promise<void>;
  close(): void;
}

interface LineEvents {
  readonly message: (channel: string, data: string) => void;
  readonly isWanted: (channel: string) => boolean;
  /** All channels that must be heard on this line. */
  channels(): readonly string[];
  /** The connection is new: what these channels carried meanwhile was missed. */
  lost(channels: readonly string[]): void;
  /** They are subscribed again. */
  back(channels: readonly string[]): void;
  moved(): void;
}

const HEARTBEAT_MS = 5000;
const RESUBSCRIBE_BATCH = 1000;

function createLine(endpoint: Endpoint, node: string, events: LineEvents): Line {
  const at = node.lastIndexOf(':');
  const redis = createSubscriber(endpoint, { host: node.slice(0, at), port: Number(node.slice(at + 1)) });
  const isSharded = endpoint.kind === 'cluster';
  let hasBeenReady = false;
  let resubscribing: Promise<void> = Promise.resolve();

  redis.on('error', () => undefined);
  redis.on(isSharded ? 'smessage' : 'message', events.message);
  redis.on('sunsubscribe', (channel: string) => {
    if (events.isWanted(channel)) events.moved();
  });
  redis.on('ready', () => {
    if (!hasBeenReady) {
      hasBeenReady = true;
      return;
    }
    const names = events.channels();
    events.lost(names);
    resubscribing = resubscribe(redis, names, isSharded).then(
      () => events.back(names),
      () => events.moved(),
    );
  });
  // Nothing may be due for hours, so a line that died silently is found by asking.
  const heartbeat = setInterval(() => {
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  const connected = redis.connect();
  // A line that is late begins like one that was lost: with the channels that were waiting for it.
  connected.catch(() => {
    hasBeenReady = true;
  });

  const untilReady = async () => {
    if (!hasBeenReady) await connected.catch(() => undefined);
    await resubscribing;
    if (redis.status !== 'ready') {
      throw new PortError('UNAVAILABLE', 'Redis is not connected, so nothing can be heard', { port: 'pub-sub', adapter: 'redis' });
    }
  };
  let asked: Promise<unknown> | undefined;
  const unsubscribe = (channel: string) => {
    if (redis.status !== 'ready') return;
    (isSharded ? redis.sunsubscribe(channel) : redis.unsubscribe(channel)).catch(() => undefined);
  };
  return {
    unsubscribe,
    async untilAlive() {
      await untilReady();
      asked ??= redis.ping().finally(() => {
        asked = undefined;
      });
      await asked;
    },
    async subscribe(channel) {
      await untilReady();
      try {
        await (isSharded ? redis.ssubscribe(channel) : redis.subscribe(channel));
      } catch (error) {
        if (error instanceof Error && error.message.startsWith('MOVED')) events.moved();
        throw error;
      }
      if (!events.isWanted(channel)) unsubscribe(channel);
    },
    close() {
      clearInterval(heartbeat);
      redis.disconnect();
    },
  };
}

async function resubscribe(redis: Redis, channels: readonly string[], isSharded: boolean): Promise<void> {
  if (isSharded) {
    await Promise.all(channels.map((channel) => redis.ssubscribe(channel)));
    return;
  }
  for (let i = 0; i < channels.length; i += RESUBSCRIBE_BATCH) await redis.subscribe(...channels.slice(i, i + RESUBSCRIBE_BATCH));
}
