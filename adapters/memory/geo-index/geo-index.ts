import { type Area, GeoIndex, type GeoIndexCaps, type HitPage, type Placement, type Point, type Provider } from '../../../ports/index.ts';
import { checkAborted, checkInteger, checkText, PortError } from '../../kit/index.ts';
import { TEXT_BYTES_MAX } from '../intern/record-heap.ts';
import type { Spaces, Sweepable } from '../spaces.ts';
import { Layer } from './layer.ts';
import { readCursor, writeCursor } from './page-cursor.ts';
import { boxRegion, polygonRegion } from './regions.ts';
import { EARTH_RADIUS_METERS } from './sphere.ts';

const LAYER_BYTES_MAX = 512;
const PAGE_MAX = 1000;
const CORNERS_MIN = 3;
const CORNERS_MAX = 512;

const caps: GeoIndexCaps = {
  scope: 'process',
  durable: 'none',
  shapes: ['circle', 'box', 'polygon'],
  earthRadiusMeters: EARTH_RADIUS_METERS,
  precisionMeters: 0.01,
  latitudeMax: 90,
  expiry: { granularityMs: 1 },
};

/** Every verb does its whole work in one turn of the process, so each is atomic and each page is one view of the layer. */
export const geoIndex: Provider<typeof GeoIndex, Spaces> = {
  port: GeoIndex,
  caps,
  async open(spaces, context) {
    const layers = spaces.of('geo-index', context.namespace, context.now, createLayers);
    return spaces.instance('geo-index', createGeoIndex(layers));
  },
};

interface Layers extends Sweepable {
  /** Without what has expired. An empty layer is not held. */
  find(name: string): Layer | undefined;
  put(name: string, placements: readonly Placement[]): void;
  remove(name: string, ids: readonly string[]): boolean[];
  drop(name: string): boolean;
}

function createLayers(now: () => number): Layers {
  const layers = new Map<string, Layer>();
  const sweepLayer = (name: string, layer: Layer, max: number) => {
    layer.sweep(now(), max);
    if (layer.size === 0) layers.delete(name);
  };
  const find = (name: string) => {
    const layer = layers.get(name);
    if (layer !== undefined) sweepLayer(name, layer, layer.size);
    return layers.get(name);
  };
  return {
    find,
    put(name, placements) {
      if (placements.length === 0) return;
      const layer = find(name) ?? new Layer();
      layers.set(name, layer);
      for (const placement of placements) layer.put(placement);
      sweepLayer(name, layer, layer.size);
    },
    remove(name, ids) {
      const layer = find(name);
      const removed = ids.map((id) => layer?.remove(id) ?? false);
      if (layer?.size === 0) layers.delete(name);
      return removed;
    },
    drop(name) {
      return find(name) !== undefined && layers.delete(name);
    },
    sweep(max) {
      for (const [name, layer] of layers) sweepLayer(name, layer, max);
    },
  };
}

function createGeoIndex(layers: Layers): GeoIndex {
  const enter = (name: string, signal?: AbortSignal) => {
    checkAborted(signal);
    checkText('layer', name, LAYER_BYTES_MAX);
  };
  return {
    async put(name, placements, { signal } = {}) {
      enter(name, signal);
      placements.forEach(checkPlacement);
      layers.put(name, placements);
    },
    async remove(name, ids, { signal } = {}) {
      enter(name, signal);
      ids.forEach(checkId);
      return layers.remove(name, ids);
    },
    async locate(name, ids, { signal } = {}) {
      enter(name, signal);
      ids.forEach(checkId);
      const layer = layers.find(name);
      return ids.map((id) => layer?.locate(id) ?? null);
    },
    async within(name, area, { limit, after, signal }) {
      enter(name, signal);
      checkInteger('limit', limit, 1, PAGE_MAX);
      checkArea(area);
      return pageOf(layers.find(name), name, area, limit, after);
    },
    async nearest(name, center, { k, radiusMeters, signal }) {
      enter(name, signal);
      checkPoint(center);
      checkInteger('k', k, 1, PAGE_MAX);
      if (radiusMeters !== undefined) checkRadius(radiusMeters);
      return layers.find(name)?.near(center, radiusMeters ?? Number.POSITIVE_INFINITY, k).hits ?? [];
    },
    async size(names, { signal } = {}) {
      return names.map((name) => {
        enter(name, signal);
        return layers.find(name)?.size ?? 0;
      });
    },
    async drop(names) {
      for (const name of names) enter(name);
      return names.map((name) => layers.drop(name));
    },
  };
}

function pageOf(layer: Layer | undefined, name: string, area: Area, limit: number, after: string | undefined): HitPage {
  const start = after === undefined ? undefined : readCursor(name, area, after);
  if (area.kind === 'circle') {
    const { hits, mark } = layer?.near(area.center, area.radiusMeters, limit, start) ?? { hits: [], mark: null };
    return { hits, next: mark === null ? null : writeCursor(name, area, mark.key, mark.id) };
  }
  const region = area.kind === 'box' ? boxRegion(area) : polygonRegion(area);
  const { hits, next } = layer?.inside(region, limit, start) ?? { hits: [], next: null };
  return { hits, next: next === null ? null : writeCursor(name, area, 0, next) };
}

function checkArea(area: Area): void {
  switch (area.kind) {
    case 'circle':
      checkPoint(area.center);
      checkRadius(area.radiusMeters);
      return;
    case 'box':
      checkPoint({ latitude: area.south, longitude: area.west });
      checkPoint({ latitude: area.north, longitude: area.east });
      if (area.south > area.north) throw new PortError('INVALID_ARGUMENT', 'south must not be above north');
      return;
    case 'polygon':
      checkInteger('corners', area.ring.length, CORNERS_MIN, CORNERS_MAX);
      area.ring.forEach(checkPoint);
      return;
    default:
      throw new PortError('INVALID_ARGUMENT', `there is no such area: ${JSON.stringify(area satisfies never)}`);
  }
}

function checkPlacement({ id, point, expiresAtMs }: Placement): void {
  checkId(id);
  checkPoint(point);
  if (expiresAtMs !== undefined) checkInteger('expiresAtMs', expiresAtMs, 0, Number.MAX_SAFE_INTEGER);
}

function checkId(id: string): void {
  checkText('id', id, TEXT_BYTES_MAX);
  if (!id.isWellFormed()) throw new PortError('INVALID_ARGUMENT', 'id must be well-formed Unicode');
}

function checkPoint({ latitude, longitude }: Point): void {
  if (!(latitude >= -90 && latitude <= 90)) throw new PortError('INVALID_ARGUMENT', 'latitude must be from -90 to 90 degrees');
  if (!(longitude >= -180 && longitude <= 180)) throw new PortError('INVALID_ARGUMENT', 'longitude must be from -180 to 180 degrees');
}

function checkRadius(radiusMeters: number): void {
  if (!(radiusMeters >= 0 && Number.isFinite(radiusMeters))) {
    throw new PortError('INVALID_ARGUMENT', 'radiusMeters must be a finite number from 0');
  }
}
