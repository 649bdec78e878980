export { closable } from './closable.ts';
export { type CursorParts, decodeCursor, encodeCursor, foreignCursor } from './cursor.ts';
export type { Door, DoorAnswer, DoorRequest, RestAnswer, RestParameter, RestRoute } from './door.ts';
export type { Clock, Environment, Labels, Log, Meter, Random } from './environment.ts';
export { type LatestOptions, latest } from './feed.ts';
export { type HoldOptions, hold } from './hold.ts';
export { type LogFeedOptions, type LogStep, logFeed } from './log-feed.ts';
export { type Need, type Needs, need, type Opened, optional, type PortsFor } from './need.ts';
export { createNudge, type Nudge } from './nudge.ts';
export { createOutboxRelay, type OutboxRelayOptions } from './outbox-relay.ts';
export {
  type AnyPlugin,
  definePlugin,
  type Migrations,
  type Plugin,
  type ServiceContext,
  type ServicesFor,
  type Use,
  type Uses,
  use,
} from './plugin.ts';
export { createProjection, type Projection, type ProjectionOptions, type Sink, type Step } from './projection.ts';
export { type Reader, type ReaderSource, readerSource } from './reader-source.ts';
export { isRefusal, REFUSAL_KINDS, type Refusal, type RefusalKind, refusalKindOf, refusalOverHttp, refuse } from './refusal.ts';
export { type Batch, decodeAll, type FollowOptions, logSource, type Poison, type Source, type Sourced } from './source.ts';
export { createTopics, type Heard, type Topics } from './topics.ts';
export { ANONYMOUS, type Viewer } from './viewer.ts';
export type { Work, WorkStatus } from './work.ts';
