import type { PubSub } from '../../../ports/index.ts';
import type { Trial } from '../case.ts';

export const ROOMY = { max: 5_000, overflow: 'fail' } as const;
export type PubSubTrial = Trial<typeof PubSub>;

/** Subscribes until the case is over. */
export async function listen(t: PubSubTrial, topics: readonly string[], buffer: Parameters<typeof t.api.subscribe>[1]['buffer'] = ROOMY) {
  const ending = new AbortController();
  t.after(() => ending.abort());
  const subscription = await t.api.subscribe(topics, { signal: ending.signal, buffer });
  return { subscription, batches: subscription[Symbol.asyncIterator](), stop: () => ending.abort() };
}
