import DataLoader from 'dataloader';
import type { Context } from '../schema/context.ts';

/** Loads one key within an execution; keys asked for in the same tick become one call of the batch. */
export type Loader<Key, Value> = (context: Context, key: Key) => Promise<Value>;

/**
 * A plural, aligned service method as a per-field load. The loader lives in the context, so each operation and each delivered event
 * starts with an empty cache.
 */
export function createLoader<Key, Value>(batch: (keys: readonly Key[], context: Context) => Promise<readonly Value[]>): Loader<Key, Value> {
  const slot = {};
  return (context, key) => {
    let loader = context.loaders.get(slot) as DataLoader<Key, Value> | undefined;
    if (loader === undefined) {
      loader = new DataLoader<Key, Value>((keys) => batch(keys, context));
      context.loaders.set(slot, loader);
    }
    return loader.load(key);
  };
}
