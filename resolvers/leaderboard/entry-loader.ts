import type { BoardSeason, Leaderboards } from '../../plugins/leaderboard/service.ts';
import type { EntryNode } from '../../schema/leaderboard/entries.ts';
import { createLoader } from '../loader.ts';

/** Ranks asked for in one tick are one lookup a board and season. */
export function createEntryLoader(service: Leaderboards) {
  return createLoader(async (keys: readonly { readonly at: BoardSeason; readonly userId: string }[], { signal }) => {
    const groups = new Map<string, { at: BoardSeason; indexes: number[] }>();
    for (const [index, { at }] of keys.entries()) {
      const name = `${at.board.id}@${at.season.id}`;
      const group = groups.get(name) ?? { at, indexes: [] };
      group.indexes.push(index);
      groups.set(name, group);
    }
    const found: (EntryNode | null)[] = keys.map(() => null);
    await Promise.all(
      [...groups.values()].map(async ({ at, indexes }) => {
        const userIds = indexes.map((index) => keys[index]?.userId ?? '');
        const entries = await service.entries(at, userIds, { signal });
        for (const [i, index] of indexes.entries()) {
          const entry = entries[i];
          found[index] = entry == null ? null : { ...entry, at };
        }
      }),
    );
    return found;
  });
}
