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
import { type Cover, checkPoint, distanceMeters, EARTH_RADIUS_METERS, LATITUDE_MAX, shapeOf } from './geo-areas.ts';
import { type Cell, pointOf, rangesOver, touchesBox, touchesCircle } from './geo-cells.ts';
import { decodeCursor, encodeCursor, type GeoCursor } from './geo-cursor.ts';

/**
 * A layer is one key, `portico:{<ns>:ge:<layer>}`: a sorted set of ids by the 52-bit cell of their point.
 *
 * A circle is a GEOSEARCH, a little wider than asked and then tested exactly; it comes in order, so a page carries as many hits as
 * the pages up to it. Boxes, and circles that hold a pole or span more than 3000 km, are ranges of cells (`geo-cells.ts`). Boxes and
 * polygons are ordered by id, so every page carries all points of their cells. Every page looks through the whole area in the engine.
 * One round trip; a second one when more than 16 hits share the last distance of a page, or a page of such a huge circle is not full
 * within 3000 km.
 * A layer lives on one node of a Cluster: spread load by layers.
 */
export async function openGeoIndex(conn: RedisConn, { namespace }: OpenContext): Promise<Instance<GeoIndex>> {
  const ask = createAsk(conn, 'geo-index');
  const { client } = conn;
  const keyOf = (layer: string): string => {
    checkText('layer', layer, 200);
    return `portico:{${namespace}:ge:${layer}}`;
  };

  /** The `count` nearest of the circle, or all of it; `isWhole` when there are no more. Only for circles that `isPlain`. */
  const nearestOf = async (key: string, { center, radiusMeters }: Cover, count: number | null, signal: AbortSignal | undefined) => {
    const limited = count === null ? [] : ['COUNT', count, 'ASC'];
    const found = (await ask.read(signal, () =>
      // A little wider than asked, since the engine's last digits are not ours.
      client.call(
        'GEOSEARCH',
        key,
        'FROMLONLAT',
        onAxis(center.longitude),
        center.latitude,
        'BYRADIUS',
        radiusMeters * 1.000001 + 1,
        'm',
        ...limited,
        'WITHCOORD',
      ),
    )) as [string, [string, string]][];
    const points = found.map(([id, [lng, lat]]): Placed => ({ id, point: { latitude: Number(lat), longitude: Number(lng) } }));
    return { points, isWhole: count === null || found.length < count };
  };

  const allOf = async (key: string, touches: (cell: Cell) => boolean, signal: AbortSignal | undefined): Promise<Placed[]> => {
    const ranges = rangesOver(touches).flatMap(({ from, to }) => [from, to]);
    const lists = (await ask.read(signal, () => ask.script('porticoGeoRanges', key, ...ranges))) as string[][];
    return lists.flatMap((flat) =>
      Array.from({ length: flat.length / 2 }, (_, i) => ({ id: flat[i * 2] ?? '', point: pointOf(Number(flat[i * 2 + 1])) })),
    );
  };

  /** The first `limit` hits after the cursor by (distance, id), and whether there are more. */
  const nearestFirst = async (
    key: string,
    center: Point,
    radiusMeters: number,
    limit: number,
    after: GeoCursor | null,
    signal: AbortSignal | undefined,
  ) => {
    const within = (points: readonly Placed[], horizonMeters: number) =>
      points
        .map(({ id, point }) => ({ id, point, distanceMeters: distanceMeters(center, point) }))
        .filter(
          (hit) => hit.distanceMeters <= radiusMeters && hit.distanceMeters < horizonMeters && (after === null || isAfter(hit, after)),
        )
        .sort((a, b) => a.distanceMeters - b.distanceMeters || compareBytes(a.id, b.id));
    const page = (hits: readonly (Hit & { readonly distanceMeters: number })[]) => ({
      hits: hits.slice(0, limit),
      hasMore: hits.length > limit,
    });
    // A circle the engine cannot search is tried within the largest one it can, which is nearly always enough for a page.
    const isWholePlain = isPlain({ center, radiusMeters });
    const reach = isWholePlain ? radiusMeters : plainRadius(center);
    for (let count = (after?.seen ?? 0) + limit + SPARE; reach > 0; count *= 2) {
      const { points, isWhole } = await nearestOf(key, { center, radiusMeters: reach }, count, signal);
      const last = points.at(-1)?.point;
      // The engine cut the list somewhere among equals of the last distance, so only what is nearer is sure to be complete.
      const horizon = isWhole || last === undefined ? Number.POSITIVE_INFINITY : distanceMeters(center, last) - 0.001;
      const hits = within(points, isWholePlain ? horizon : Math.min(horizon, reach));
      if (hits.length > limit || (isWhole && isWholePlain)) return page(hits);
      if (isWhole) break;
    }
    return page(within(await allOf(key, touchesCircle(center, radiusMeters), signal), Number.POSITIVE_INFINITY));
  };

  const byId = async (
    key: string,
    area: Exclude<Area, { kind: 'circle' }>,
    limit: number,
    after: GeoCursor | null,
    signal: AbortSignal | undefined,
  ) => {
    const { cover, holds } = shapeOf(area);
    const touches = area.kind === 'box' ? touchesBox(area) : touchesCircle(cover.center, cover.radiusMeters);
    const points =
      area.kind === 'polygon' && isPlain(cover) ? (await nearestOf(key, cover, null, signal)).points : await allOf(key, touches, signal);
    const hits = points
      .filter(({ id, point }) => holds(point) && (after === null || compareBytes(id, after.id) > 0))
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
      const flat = placements.flatMap(({ id, point }) => [onAxis(point.longitude), Math.min(point.latitude, LATITUDE_TOP), id]);
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
      shapeOf(area);
      const from = after === undefined ? null : decodeCursor(layer, area, after);
      const { hits, hasMore } =
        area.kind === 'circle'
          ? await nearestFirst(key, area.center, area.radiusMeters, limit, from, signal)
          : await byId(key, area, limit, from, signal);
      return { hits, next: hasMore ? cursorAfter(layer, area, hits, from) : null };
    },

    async nearest(layer, center, { k, radiusMeters, signal }) {
      const key = keyOf(layer);
      checkInteger('k', k, 1, 1000);
      shapeOf({ kind: 'circle', center, radiusMeters: radiusMeters ?? Number.POSITIVE_INFINITY });
      const { hits } = await nearestFirst(key, center, radiusMeters ?? Number.POSITIVE_INFINITY, k, null, signal);
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

interface Placed {
  readonly id: string;
  readonly point: Point;
}

/** The engine's cells overflow at the very ends of their axes: 180 degrees east is written as the same meridian in the west. */
const onAxis = (longitude: number) => (longitude === 180 ? -180 : longitude);
const LATITUDE_TOP = 85.051128779;

/** GEOSEARCH is trusted with circles that stay below 84 degrees and within 3000 km. */
const isPlain = ({ center, radiusMeters }: Cover) => radiusMeters <= plainRadius(center);

const plainRadius = ({ latitude }: Point) => Math.min(3_000_000, (((84 - Math.abs(latitude)) * Math.PI) / 180) * EARTH_RADIUS_METERS);

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
