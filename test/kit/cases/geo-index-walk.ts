import assert from 'node:assert/strict';
import { type Area, GeoIndex, type Placement } from '../../../ports/index.ts';
import { casesOf } from '../case.ts';
import { times } from '../proof.ts';
import { allWithin, assertHits, globeOf, world } from './geo-index-proof.ts';

const STEPS = 60;

export const geoIndexWalk = casesOf(GeoIndex)([
  {
    id: 'model/walk',
    title: 'gives the answers of a plain list over a random walk of putting, moving, removing and asking',
    async run({ api, caps, random }) {
      const model = new Map<string, Placement>();
      const globe = globeOf(caps);
      for (let step = 0; step < STEPS; step++) {
        const fresh = world(random, caps, random.integer(1, 30)).map(({ point }) => ({ id: `p${random.integer(0, 120)}`, point }));
        await api.put('l', fresh);
        for (const placement of fresh) model.set(placement.id, placement);
        const gone = times(random.integer(1, 8), () => `p${random.integer(0, 120)}`);
        assert.deepEqual(
          await api.remove('l', gone),
          gone.map((id) => model.delete(id)),
          `step ${step}`,
        );
        assert.deepEqual(await api.size(['l']), [model.size], `step ${step}`);
        const [somewhere] = world(random, caps, 1);
        if (somewhere === undefined) continue;
        const area: Area = { kind: 'circle', center: somewhere.point, radiusMeters: 10 ** random.integer(2, 7) };
        assertHits(await allWithin(api, 'l', area, random.integer(1, 40)), area, [...model.values()], globe, caps);
      }
    },
  },
]);
