import { EventLog, KeyValue, Lease, PubSub, RankedSet } from '../../ports/index.ts';
import { type Suite, suite } from './case.ts';
import { eventLogCases } from './cases/event-log.ts';
import { keyValueCases } from './cases/key-value.ts';
import { leaseCases } from './cases/lease.ts';
import { pubSubCases } from './cases/pub-sub.ts';
import { rankedSetCases } from './cases/ranked-set.ts';

/** Every port the kit can judge. */
export const SUITES: readonly Suite[] = [
  suite(KeyValue, keyValueCases),
  suite(PubSub, pubSubCases),
  suite(RankedSet, rankedSetCases),
  suite(EventLog, eventLogCases),
  suite(Lease, leaseCases),
];
