import { GeoIndex, type Provider } from '../../../ports/index.ts';
import { PortError } from '../../kit/index.ts';
import type { Spaces } from '../spaces.ts';

export const geoIndex: Provider<typeof GeoIndex, Spaces> = {
  port: GeoIndex,
  caps: {
    scope: 'process',
    durable: 'none',
    shapes: ['circle', 'box', 'polygon'],
    earthRadiusMeters: 6_371_008.8,
    precisionMeters: 0.01,
    latitudeMax: 90,
    expiry: { granularityMs: 1 },
  },
  async open() {
    throw new PortError('UNAVAILABLE', 'the geo index is not open yet');
  },
};
