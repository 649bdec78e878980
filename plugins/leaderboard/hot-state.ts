import type { RankedSet, Waiting } from '../../ports/index.ts';
import type { Environment } from '../kernel/index.ts';
import { GENERATION, META, progressMember } from './hot-names.ts';

/** Which build of the hot boards is live, how far it is, and whether it is still there. */
export interface HotState {
  /** The live generation, 1-based. */
  generation(): number;
  /** How far a partition is applied to a generation; 0 for one whose progress was lost. */
  position(generation: number, partition: number): Promise<number>;
  advance(generation: number, partition: number, after: number, position: number): Promise<void>;
  /** What this process has last seen applied to the live generation. */
  seen(partition: number): number;
  /** Makes a generation the live one, everywhere. */
  promote(generation: number): Promise<void>;
  isSealed(boardId: string, seasonId: string): boolean;
  /** Its hot boards are gone for good. */
  markSealed(boardId: string, seasonId: string): void;
  /**
   * Looks whether the live generation is what this process knows. A store that was wiped has lost progress, so a new generation begins, from zero.
   * True when the generation has changed.
   */
  verify(options?: Waiting): Promise<boolean>;
}

/**
 * Progress is a member whose score is the sum of all steps and whose tie is the last position. They are equal as long as no step is missing:
 * a wipe between two steps shows, however soon the next step came.
 */
export function createHotState(ranked: RankedSet, partitions: number, environment: Pick<Environment, 'log'>): HotState {
  let live = 1;
  const applied = new Map<string, number>();
  const sealed = new Set<string>();
  const parts = Array.from({ length: partitions }, (_, partition) => partition);
  let stored: readonly number[] = [];

  const look = async (generation: number, options?: Waiting) => {
    const members = [GENERATION, ...parts.map((partition) => progressMember(generation, partition))];
    const [pointer, ...progress] = await ranked.lookup(META, members, options);
    return { pointer: pointer?.score ?? 1, progress };
  };
  const promote = async (generation: number) => {
    await ranked.apply(META, [{ op: 'max', member: GENERATION, score: generation, tie: 0 }]);
    live = Math.max(live, generation);
  };

  return {
    generation: () => live,
    async position(generation, partition) {
      const member = progressMember(generation, partition);
      const [found] = await ranked.lookup(META, [member]);
      const position = found !== null && found !== undefined && found.score === found.tie ? found.score : 0;
      applied.set(member, position);
      return position;
    },
    async advance(generation, partition, after, position) {
      const member = progressMember(generation, partition);
      await ranked.apply(META, [{ op: 'add', member, score: position - after, tie: position, position }], {
        checkpoint: { source: member, position },
      });
      applied.set(member, position);
    },
    seen: (partition) => stored[partition] ?? 0,
    promote,
    isSealed: (boardId, seasonId) => sealed.has(`${boardId}@${seasonId}`),
    markSealed: (boardId, seasonId) => {
      sealed.add(`${boardId}@${seasonId}`);
    },
    async verify(options) {
      const { pointer, progress } = await look(live, options);
      stored = progress.map((found) => found?.tie ?? 0);
      if (pointer > live) {
        live = pointer;
        return true;
      }
      const isLost = parts.some((partition) => {
        const found = progress[partition];
        const known = applied.get(progressMember(live, partition)) ?? 0;
        return found === null || found === undefined ? known > 0 : found.score !== found.tie;
      });
      if (!isLost && pointer === live) return false;
      if (isLost) environment.log.warn('the hot boards were wiped and are built again from the record', { generation: live + 1 });
      await promote(isLost ? live + 1 : live);
      return isLost;
    },
  };
}
