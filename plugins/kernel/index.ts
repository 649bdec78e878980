export type { Door, DoorAnswer, DoorRequest, RestAnswer, RestParameter, RestRoute } from './door.ts';
export type { Clock, Environment, Labels, Log, Meter, Random } from './environment.ts';
export { type Need, type Needs, need, type Opened, optional, type PortsFor } from './need.ts';
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
export { isRefusal, REFUSAL_KINDS, type Refusal, type RefusalKind, refuse } from './refusal.ts';
export { ANONYMOUS, type Viewer } from './viewer.ts';
export type { Work, WorkStatus } from './work.ts';
