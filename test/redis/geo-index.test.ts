import { afterAll, expect, it } from 'vitest';
import { distanceMeters, EARTH_RADIUS_METERS, shapeOf } from '../../adapters/redis/geo-areas.ts';
import type { Area, Hit, Placement, Point } from '../../ports/index.ts';
import { createRandom } from '../kit/index.ts';
import { redisSuite, startRedis } from '../services/redis.ts';
import { type Opened, openRedis } from './opened.ts';

const PRECISION_METERS = 0.6;
const cleanups: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function start(): Promise<Opened> {
  const server = await startRedis();
  cleanups.push(() => server.stop());
  const opened = await openRedis({ url: server.url });
  cleanups.push(() => opened.close());
  return opened;
}

redisSuite()('a layer of Redis', () => {
  it('finds by circle, box and polygon exactly what a look at every point finds, anywhere on the sphere', async () => {
    const { geoIndex } = await start();
    const random = createRandom(20_261_122);
    const placements: Placement[] = Array.from({ length: 3000 }, (_, i) => ({ id: `p${i}`, point: anywhere(random.next) }));
    await geoIndex.put('world', placements);
    const ids = placements.map(({ id }) => id);
    const stored = await geoIndex.locate('world', ids);
    const points = ids.map((id, i) => ({ id, point: stored[i] as Point }));
    placements.forEach(({ point }, i) => expect(distanceMeters(point, stored[i] as Point)).toBeLessThan(PRECISION_METERS));

    let found = 0;
    for (let round = 0; round < 300; round++) {
      const area = someArea(random.next, round);
      const { holds } = shapeOf(area);
      const expected = points.filter(({ point }) => holds(point)).map(({ id }) => id);
      const hits = await allPages(geoIndex, area);
      expect(hits.map(({ id }) => id).toSorted(), JSON.stringify(area)).toEqual(expected.toSorted());
      if (area.kind === 'circle')
        expect(hits.map((hit) => hit.distanceMeters)).toEqual(
          hits.map((hit) => hit.distanceMeters).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
        );
      found += hits.length;
    }
    expect(found).toBeGreaterThan(10_000);

    for (let round = 0; round < 40; round++) {
      const center = round % 4 === 0 ? { latitude: 90, longitude: 0 } : anywhere(random.next);
      const expected = points.map(({ id, point }) => ({ id, d: distanceMeters(center, point) })).sort((a, b) => a.d - b.d);
      const hits = await geoIndex.nearest('world', center, { k: 20 });
      expect(hits.map(({ id }) => id)).toEqual(expected.slice(0, 20).map(({ id }) => id));
    }
  }, 60_000);

  it('pages through many points at one place by id, without a loss or a repeat', async () => {
    const { geoIndex } = await start();
    const point = { latitude: 60.17, longitude: 24.94 };
    await geoIndex.put(
      'heap',
      Array.from({ length: 500 }, (_, i) => ({ id: `p${String(i).padStart(3, '0')}`, point })),
    );
    const hits = await allPages(geoIndex, { kind: 'circle', center: point, radiusMeters: 10 }, 'heap', 7);
    expect(hits.map(({ id }) => id)).toEqual(Array.from({ length: 500 }, (_, i) => `p${String(i).padStart(3, '0')}`));
  });

  it('knows the inside of polygons over the antimeridian and around a pole', () => {
    const square = (ring: readonly (readonly [number, number])[]) =>
      shapeOf({ kind: 'polygon', ring: ring.map(([latitude, longitude]) => ({ latitude, longitude })) });
    const dateline = square([
      [-10, 170],
      [-10, -170],
      [10, -170],
      [10, 170],
    ]);
    expect(dateline.holds({ latitude: 0, longitude: 180 })).toBe(true);
    expect(dateline.holds({ latitude: 0, longitude: -175 })).toBe(true);
    expect(dateline.holds({ latitude: 0, longitude: 165 })).toBe(false);
    expect(dateline.holds({ latitude: 0, longitude: 0 })).toBe(false);
    const pole = square([
      [70, 0],
      [70, 90],
      [70, 180],
      [70, -90],
    ]);
    expect(pole.holds({ latitude: 84, longitude: 33 })).toBe(true);
    expect(pole.holds({ latitude: 40, longitude: 33 })).toBe(false);
    // The edge from 0 to 90 degrees east at latitude 70 is an arc that climbs to 75.6 degrees.
    expect(pole.holds({ latitude: 74, longitude: 45 })).toBe(false);
    expect(pole.holds({ latitude: 77, longitude: 45 })).toBe(true);
  });

  it('refuses what the engine cannot hold and what no place is, and writes nothing of the call', async () => {
    const { geoIndex } = await start();
    const good = { id: 'good', point: { latitude: 1, longitude: 1 } };
    await expect(geoIndex.put('l', [good, { id: 'north', point: { latitude: 86, longitude: 0 } }])).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    });
    await expect(geoIndex.put('l', [good, { id: 'nowhere', point: { latitude: 91, longitude: 0 } }])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(geoIndex.put('l', [good, { id: 'nan', point: { latitude: Number.NaN, longitude: 0 } }])).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(geoIndex.put('l', [{ ...good, expiresAtMs: 1 }])).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    expect(await geoIndex.size(['l'])).toEqual([0]);
    await geoIndex.put('l', [good]);
    const area: Area = { kind: 'circle', center: good.point, radiusMeters: 10 };
    for (const after of ['', 'x', Buffer.from('[1,2,3,4]').toString('base64url')]) {
      await expect(geoIndex.within('l', area, { limit: 1, after })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
    expect(await geoIndex.remove('l', ['good', 'good', 'none'])).toEqual([true, false, false]);
    expect(await geoIndex.drop(['l'])).toEqual([false]);
  });
});

async function allPages(index: Opened['geoIndex'], area: Area, layer = 'world', limit = 1000): Promise<Hit[]> {
  const hits: Hit[] = [];
  let after: string | undefined;
  do {
    const page = await index.within(layer, area, { limit, ...(after === undefined ? {} : { after }) });
    hits.push(...page.hits);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return hits;
}

function anywhere(next: () => number): Point {
  return { latitude: (next() * 2 - 1) * 85, longitude: (next() * 2 - 1) * 180 };
}

function someArea(next: () => number, round: number): Area {
  const center = { latitude: (next() * 2 - 1) * 90, longitude: (next() * 2 - 1) * 180 };
  const size = 10 ** (next() * 3 + 4);
  if (round % 3 === 0) return { kind: 'circle', center, radiusMeters: Math.min(size, 20_100_000) };
  if (round % 3 === 1) {
    const [a, b] = [(next() * 2 - 1) * 90, (next() * 2 - 1) * 90];
    return { kind: 'box', south: Math.min(a, b), north: Math.max(a, b), west: (next() * 2 - 1) * 180, east: (next() * 2 - 1) * 180 };
  }
  const reach = (Math.min(size, 7_000_000) / EARTH_RADIUS_METERS) * (180 / Math.PI);
  const middle = { latitude: (next() * 2 - 1) * 80, longitude: center.longitude };
  const ring = Array.from({ length: 5 }, (_, i) => {
    const angle = ((i + next() * 0.8) / 5) * 2 * Math.PI;
    const latitude = Math.max(-89, Math.min(89, middle.latitude + (reach / 2) * Math.sin(angle)));
    const longitude = middle.longitude + (reach / 2) * Math.cos(angle);
    return { latitude, longitude: ((longitude + 540) % 360) - 180 };
  });
  return { kind: 'polygon', ring };
}
