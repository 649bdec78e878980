import {
  type Area,
  type GeoIndex,
  type Hit,
  type HitPage,
  type Instance,
  type OpenContext,
  type Point,
  PortError,
} from '../../ports/index.ts';
import { checkInteger, checkText, openInstance } from '../kit/index.ts';
import { createAsk } from './ask.ts';
import { compareBytes } from './byte-order.ts';
import type { RedisConn } from './connection.ts';
import { checkPoint, circle, distanceMeters, LATITUDE_MAX, type Shape, shapeOf } from './geo-areas.ts';
import { decodeCursor, encodeCursor, type GeoCursor } from './geo-cursor.ts';

/**
 * A layer is one key, `portico:{<ns>:ge:<layer>}`: a sorted set of ids by the 52-bit cell of their point.
 *
 * A search asks the engine for a circle that covers the area and tests what comes back exactly. The engine looks through the whole
 * circle for every page. Circles come in order, so a page carries as many hits as the pages up to it; boxes and polygons are ordered by
 * id, so every page carries all hits of the area. One round trip, unless more than 16 hits share the last distance of a page.
 * A layer lives on one node of a Cluster: spread load by layers.
 */
export async function openGeoIndex(conn: RedisConn, { namespace }: OpenContext): Promise<Instance<GeoIndex>> {
  const ask = createAsk(conn, 'geo-index');
  const { client } = conn;
  const keyOf = (layer: string): string => {
    checkText('layer', layer, 200);
    return `portico:{${namespace}:ge:${layer}}`;
  };

  /** Points of the cover that are in the shape; `isWhole` when there are no more, else those up to the farthest that can be trusted. */
  const search = async (key: string, { cover, holds }: Shape, nearestCount: number | null, signal: AbortSignal | undefined) => {
    const { latitude, longitude } = cover.center;
    const limited = nearestCount === null ? [] : ['COUNT', nearestCount, 'ASC'];
    const found = (await ask.read(signal, () =>
      client.call('GEOSEARCH', key, 'FROMLONLAT', longitude, latitude, 'BYRADIUS', cover.radiusMeters, 'm', ...limited, 'WITHCOORD'),
    )) as [string, [string, string]][];
    const points = found.map(([id, [lng, lat]]) => ({ id, point: { latitude: Number(lat), longitude: Number(lng) } }));
    return {
      points: points.filter(({ point }) => holds(point)),
      isWhole: nearestCount === null || found.length < nearestCount,
      last: points.at(-1)?.point,
    };
  };

  /** The first `limit` hits after the cursor by (distance, id), and whether there are more. */
  const nearestFirst = async (
    key: string,
    center: Point,
    shape: Shape,
    limit: number,
    after: GeoCursor | null,
    signal: AbortSignal | undefined,
  ) => {
    for (let count = (after?.seen ?? 0) + limit + SPARE; ; count *= 2) {
      const { points, isWhole, last } = await search(key, shape, shape.cover.isCentered ? count : null, signal);
      // The engine cut the list somewhere among equals of the last distance, so only what is nearer is sure to be complete.
      const horizon = isWhole || last === undefined ? Number.POSITIVE_INFINITY : distanceMeters(center, last) - 0.001;
      const hits = points
        .map(({ id, point }) => ({ id, point, distanceMeters: distanceMeters(center, point) }))
        .filter((hit) => hit.distanceMeters < horizon && (after === null || isAfter(hit, after)))
        .sort((a, b) => a.distanceMeters - b.distanceMeters || compareBytes(a.id, b.id));
      if (isWhole || hits.length > limit) return { hits: hits.slice(0, limit), hasMore: hits.length > limit };
    }
  };

  const byId = async (key: string, shape: Shape, limit: number, after: GeoCursor | null, signal: AbortSignal | undefined) => {
    const { points } = await search(key, shape, null, signal);
    const hits = points
      .filter(({ id }) => after === null || compareBytes(id, after.id) > 0)
      .sort((a, b) => compareBytes(a.id, b.id))
      .map(({ id, point }): Hit => ({ id, point, distanceMeters: null }));
    return { hits: hits.slice(0, limit), hasMore: hits.length > limit };
  };

  const api: GeoIndex = {
    async put(layer, placements, { signal } = {}) {
      const key = keyOf(layer);
      for (const { id, point, expiresAtMs } of placements) {
        checkText('id', id, 512);
        checkPoint(point);
        if (expiresAtMs !== undefined) throw unsupported('points of a Redis layer do not expire one by one');
        if (Math.abs(point.latitude) > LATITUDE_MAX)
          throw unsupported(`Redis holds latitudes from -${LATITUDE_MAX} to ${LATITUDE_MAX} degrees only`);
      }
      if (placements.length === 0) return;
      const flat = placements.flatMap(({ id, point }) => [point.longitude, point.latitude, id]);
      await ask.write(signal, () => client.call('GEOADD', key, ...flat));
    },

    async remove(layer, ids, { signal } = {}) {
      const key = keyOf(layer);
      if (ids.length === 0) return [];
      const counts = (await ask.write(signal, () => ask.script('porticoGeoRemove', key, ...ids))) as number[];
      return counts.map((count) => count === 1);
    },

    async locate(layer, ids, { signal } = {}) {
      const key = keyOf(layer);
      if (ids.length === 0) return [];
      const found = (await ask.read(signal, () => client.call('GEOPOS', key, ...ids))) as ([string, string] | null)[];
      return found.map((pair) => (pair === null ? null : { latitude: Number(pair[1]), longitude: Number(pair[0]) }));
    },

    async within(layer, area, { limit, after, signal }): Promise<HitPage> {
      const key = keyOf(layer);
      checkInteger('limit', limit, 1, 1000);
      const shape = shapeOf(area);
      const from = after === undefined ? null : decodeCursor(layer, area, after);
      const { hits, hasMore } =
        area.kind === 'circle'
          ? await nearestFirst(key, area.center, shape, limit, from, signal)
          : await byId(key, shape, limit, from, signal);
      return { hits, next: hasMore ? cursorAfter(layer, area, hits, from) : null };
    },

    async nearest(layer, center, { k, radiusMeters, signal }) {
      const key = keyOf(layer);
      checkInteger('k', k, 1, 1000);
      checkPoint(center);
      const { hits } = await nearestFirst(key, center, circle(center, radiusMeters ?? Number.POSITIVE_INFINITY), k, null, signal);
      return hits;
    },

    async size(layers, { signal } = {}) {
      const keys = layers.map(keyOf);
      return ask.read(signal, () => Promise.all(keys.map(async (key) => client.zcard(key))));
    },

    async drop(layers) {
      const keys = layers.map(keyOf);
      const counts = await ask.write(undefined, () => Promise.all(keys.map(async (key) => client.unlink(key))));
      return counts.map((count) => count > 0);
    },
  };
  return openInstance(api, { port: 'geo-index', adapter: 'redis', health: conn.health });
}

/** Hits asked for beyond a page, so that equals of its last distance are seen together. */
const SPARE = 16;

function isAfter({ distanceMeters: distance, id }: { readonly distanceMeters: number; readonly id: string }, after: GeoCursor): boolean {
  const from = after.distanceMeters ?? 0;
  return distance > from || (distance === from && compareBytes(id, after.id) > 0);
}

function cursorAfter(layer: string, area: Area, hits: readonly Hit[], from: GeoCursor | null): string | null {
  const last = hits.at(-1);
  if (last === undefined) return null;
  return encodeCursor(layer, area, { distanceMeters: last.distanceMeters, id: last.id, seen: (from?.seen ?? 0) + hits.length });
}

const unsupported = (message: string) => new PortError('UNSUPPORTED', message, { port: 'geo-index', adapter: 'redis' });
