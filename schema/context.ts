import type { Viewer } from '../plugins/kernel/index.ts';

/** What resolvers may know of a request. Made fresh for each operation, and for each delivered event of a subscription. */
export interface Context {
  readonly viewer: Viewer;
  readonly requestId: string;
  /** Aborted when the client goes away or the gateway stops. */
  readonly signal: AbortSignal;
  /** Where `resolvers/loader.ts` keeps this execution's DataLoaders; nobody else reads it. */
  readonly loaders: Map<object, unknown>;
}
