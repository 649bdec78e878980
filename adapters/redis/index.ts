import {
  type Connection,
  defineAdapter,
  EventLog,
  GeoIndex,
  KeyValue,
  Lease,
  type Provider,
  PubSub,
  RankedSet,
} from '../../ports/index.ts';
import { connectRedis, type RedisConn } from './connection.ts';
import { parseEndpoint, type RedisOptions } from './endpoint.ts';
import { openEventLog } from './event-log.ts';
import { EARTH_RADIUS_METERS, LATITUDE_MAX } from './geo-areas.ts';
import { openGeoIndex } from './geo-index.ts';
import { openKeyValue, VALUE_BYTES_MAX } from './key-value.ts';
import { openLease } from './lease.ts';
import { MESSAGE_BYTES_MAX, openPubSub } from './pub-sub.ts';
import { openRankedSet } from './ranked-set.ts';

export type { RedisOptions } from './endpoint.ts';

/**
 * Redis 6.2 or later on one node, or a Redis Cluster from 7.0. Every write of a port is one command or one script, so it happens whole
 * or not at all. Evicting engines are refused at connect. See each port's file for its keys and costs.
 */
export const redis = (options: RedisOptions) => {
  const endpoint = parseEndpoint(options);
  const durable = options.durable ?? 'memory';
  const isDurable = durable === 'disk';
  const rankedSet: Provider<typeof RankedSet, RedisConn> = {
    port: RankedSet,
    caps: { scope: 'cluster', durable: isDurable ? 'disk' : 'none', distinct: true, expiry: { granularityMs: 1 } },
    open: openRankedSet,
  };
  const keyValue: Provider<typeof KeyValue, RedisConn> = {
    port: KeyValue,
    caps: {
      scope: 'cluster',
      durable: isDurable,
      valueBytesMax: VALUE_BYTES_MAX,
      expiry: { granularityMs: 1 },
      atomic: ['take', 'add', 'onlyIf'],
    },
    open: openKeyValue,
  };
  const pubSub: Provider<typeof PubSub, RedisConn> = {
    port: PubSub,
    caps: { scope: 'cluster', delivery: 'at-most-once', order: 'per-topic', messageBytesMax: MESSAGE_BYTES_MAX },
    open: openPubSub,
  };
  const eventLog: Provider<typeof EventLog, RedisConn> = {
    port: EventLog,
    caps: { scope: 'cluster', durable, gapless: true, dedupe: 'retained' },
    open: openEventLog,
  };
  const lease: Provider<typeof Lease, RedisConn> = {
    port: Lease,
    caps: { scope: 'cluster', fencing: true, durable },
    open: openLease,
  };
  const geoIndex: Provider<typeof GeoIndex, RedisConn> = {
    port: GeoIndex,
    caps: {
      scope: 'cluster',
      durable: isDurable ? 'disk' : 'none',
      shapes: ['circle', 'box', 'polygon'],
      earthRadiusMeters: EARTH_RADIUS_METERS,
      precisionMeters: 0.6,
      latitudeMax: LATITUDE_MAX,
    },
    open: openGeoIndex,
  };
  return defineAdapter({
    name: 'redis',
    version: '1',
    provides: { rankedSet, geoIndex, keyValue, pubSub, eventLog, lease },
    connect: (context): Promise<Connection<RedisConn>> => connectRedis(endpoint, durable, context),
  });
};
