import { EventLog, GeoIndex, KeyValue, Lease, PubSub, RankedSet, Relational } from '../../ports/index.ts';
import { type Suite, suite } from './case.ts';
import { eventLogCases } from './cases/event-log.ts';
import { geoIndexCases } from './cases/geo-index.ts';
import { keyValueCases } from './cases/key-value.ts';
import { leaseCases } from './cases/lease.ts';
import { pubSubCases } from './cases/pub-sub.ts';
import { rankedSetCases } from './cases/ranked-set.ts';
import { relationalCases } from './cases/relational.ts';

/** Every port the kit can judge. */
export const SUITES: readonly Suite[] = [
  suite(KeyValue, keyValueCases),
  suite(PubSub, pubSubCases),
  suite(RankedSet, rankedSetCases),
  suite(GeoIndex, geoIndexCases),
  suite(EventLog, eventLogCases),
  suite(Lease, leaseCases),
  suite(Relational, relationalCases),
];
