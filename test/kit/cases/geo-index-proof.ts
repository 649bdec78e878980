import assert from 'node:assert/strict';
import type { Area, GeoIndex, GeoIndexCaps, Hit, Placement, Point } from '../../../ports/index.ts';
import type { Trial } from '../case.ts';
import { times } from '../proof.ts';
import type { Random } from '../random.ts';
import { createGlobe, type Globe, isOrdered } from './geo-index-model.ts';
import { byBytes } from './ranked-set-model.ts';

export type GeoTrial = Trial<typeof GeoIndex>;
export const at = (latitude: number, longitude: number): Point => ({ latitude, longitude });

/** What a distance may be off by: the point was stored imprecisely, and sines are not exact. */
export const toleranceOf = (caps: GeoIndexCaps) => caps.precisionMeters * 1.5 + 0.01;
export const globeOf = (caps: GeoIndexCaps) => createGlobe(caps.earthRadiusMeters, toleranceOf(caps));

/** Points all over the globe: spread out, crowded in one town, along the antimeridian, around both ends, and several at one place. */
export function world(random: Random, caps: GeoIndexCaps, count: number): Placement[] {
  const most = Math.min(caps.latitudeMax, 90);
  const kinds: readonly (() => Point)[] = [
    () => at((Math.asin(2 * random.next() - 1) * 180) / Math.PI, random.next() * 360 - 180),
    () => at(52.5 + random.next() * 0.2, 13.3 + random.next() * 0.3),
    () => at(-17 + random.next(), random.chance(0.5) ? 179.5 + random.next() * 0.5 : -180 + random.next() * 0.5),
    () => at((random.chance(0.5) ? 1 : -1) * (most - random.next() * 2), random.next() * 360 - 180),
    () => at(52.52, 13.405),
  ];
  return times(count, (index) => {
    const { latitude, longitude } = random.pick(kinds)();
    return { id: `p${index}`, point: at(Math.max(-most, Math.min(most, latitude)), longitude) };
  });
}

/** Every page, one after the other. */
export async function allWithin(api: GeoIndex, layer: string, area: Area, limit = 1_000): Promise<Hit[]> {
  const hits: Hit[] = [];
  let after: string | null = null;
  do {
    const page = await api.within(layer, area, after === null ? { limit } : { limit, after });
    assert.ok(page.hits.length <= limit, `a page of ${page.hits.length} hits, ${limit} were asked for`);
    assert.ok(page.next === null || page.hits.length > 0, 'a page that is not the last holds something');
    hits.push(...page.hits);
    after = page.next;
    assert.ok(hits.length < 100_000, 'paging comes to an end');
  } while (after !== null);
  return hits;
}

/** The hits must be the placements inside, each once, at their points, at the right distance, in the right order. */
export function assertHits(hits: readonly Hit[], area: Area, placements: readonly Placement[], globe: Globe, caps: GeoIndexCaps): void {
  const found = new Set(hits.map(({ id }) => id));
  assert.equal(found.size, hits.length, 'no hit twice');
  for (const { id, point } of placements) {
    const side = globe.side(area, point);
    if (side !== 'edge')
      assert.equal(found.has(id), side === 'in', `${id} at ${JSON.stringify(point)} is ${side} of ${JSON.stringify(area)}`);
  }
  const byId = new Map(placements.map((placement) => [placement.id, placement.point]));
  for (const hit of hits) {
    const point = byId.get(hit.id);
    assert.ok(point !== undefined, `${hit.id} was put`);
    assert.ok(globe.distance(point, hit.point) <= toleranceOf(caps), `${hit.id} is where it was put`);
    if (area.kind === 'circle') assertDistance(hit, globe.distance(area.center, point), caps);
    else assert.equal(hit.distanceMeters, null);
  }
  if (area.kind === 'circle') assert.ok(isOrdered(hits, byBytes), 'by distance, then id');
  else
    assert.deepEqual(
      hits.map(({ id }) => id),
      hits.map(({ id }) => id).toSorted(byBytes),
      'by id',
    );
}

export function assertDistance({ id, distanceMeters }: Hit, wanted: number, caps: GeoIndexCaps): void {
  assert.ok(distanceMeters !== null, `${id} has a distance`);
  const allowed = toleranceOf(caps) + wanted * 1e-7;
  assert.ok(Math.abs(distanceMeters - wanted) <= allowed, `${id} is ${wanted} m away, not ${distanceMeters} m`);
}
