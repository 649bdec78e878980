export {
  type Adapter,
  type Connection,
  defineAdapter,
  type Health,
  type Instance,
  type OpenContext,
  PortError,
  type Provider,
} from '../../ports/index.ts';
export { checkAborted, checkInteger, checkText } from './checks.ts';
export { createInbox, type Inbox } from './inbox.ts';
export { type InstanceOptions, openInstance } from './instance.ts';
