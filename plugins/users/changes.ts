import type { OutboxRecord } from '../../ports/index.ts';
import type { Standing } from './friendship.ts';

/** Topic of the event log that carries what happened to users, keyed by the user it happened to. */
export const CHANGES_TOPIC = 'users.changes';
/** Fixed for ever: a topic's partitions cannot change. */
export const CHANGES_PARTITIONS = 8;

export type UserChange =
  | { readonly kind: 'profile-changed'; readonly userId: string; readonly atMs: number }
  | {
      readonly kind: 'friendship-changed';
      readonly userId: string;
      readonly otherId: string;
      /** How the user stands to the other from now on; null: not at all. */
      readonly standing: Standing | null;
      readonly atMs: number;
    };

export const changeRecord = (change: UserChange): OutboxRecord => ({
  topic: CHANGES_TOPIC,
  key: change.userId,
  data: JSON.stringify(change),
});
