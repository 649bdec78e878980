export {
  type Adapter,
  type AdapterLog,
  type ConnectContext,
  type Connection,
  defineAdapter,
  type Health,
  type Instance,
  type OpenContext,
  type Provider,
  type Provides,
} from './adapter.ts';
export {
  isPortError,
  PORT_ERRORS,
  PortError,
  type PortErrorCode,
  type PortErrorOptions,
  type WriteOutcome,
} from './errors.ts';
export {
  type AppendResult,
  EventLog,
  type EventLogCaps,
  type Extent,
  type LogRecord,
  type NewRecord,
  type Placed,
  partitionOf,
} from './event-log.ts';
export { type Area, GeoIndex, type GeoIndexCaps, type Hit, type HitPage, type Placement, type Point } from './geo-index.ts';
export { type AddEntry, KeyValue, type KeyValueCaps, type SetEntry } from './key-value.ts';
export { type Grant, Lease, type LeaseCaps, type LeaseState } from './lease.ts';
export { type ApiOf, type CapsOf, definePort, type Port, type Scope, type Waiting } from './port.ts';
export { GAP, type Message, type Overflow, PubSub, type PubSubCaps, type SubscribeOptions, type Subscription } from './pub-sub.ts';
export { type Applied, type Change, type Checkpoint, type Ranked, RankedSet, type RankedSetCaps, type RankWindow } from './ranked-set.ts';
export {
  type Db,
  type Isolation,
  type Outbox,
  type OutboxRecord,
  type PendingRecord,
  Relational,
  type RelationalCaps,
  type TxOptions,
} from './relational.ts';
