import type { Waiting } from '../../ports/index.ts';
import { createNudge, type Nudge } from './nudge.ts';
import type { Batch, Source } from './source.ts';

/** Rows that carry the position of their last change: a compacted log. */
export interface Reader<T> {
  /**
   * Rows of the partition with a position above `after`, ascending, at most `limit`, and how far that read reaches: the last row's position
   * when the limit was hit, else the newest position the rows could carry. One consistent view.
   */
  read(partition: number, options: { readonly after: number; readonly limit: number } & Waiting): Promise<Batch<T>>;
  ends(options?: Waiting): Promise<readonly number[]>;
}

export interface ReaderSource<T> extends Source<T> {
  /** Says that there may be more. From this process or, through pub-sub, from another. */
  nudge(partition: number): void;
  /** Hands over rows that were just written, so that a follower who stands at `after` need not read them back. */
  offer(partition: number, after: number, batch: Batch<T>): void;
}

/** A nudge that was lost on its way (pub-sub delivers at most once) costs this much delay and no more. */
const LOST_NUDGE_MS = 1_000;
const OFFERS_MAX = 16;

/**
 * A repository as a source: read what is there, wait for a nudge, read on. Offered batches are used only by a follower that stands
 * exactly where they begin; everybody else reads.
 */
export function readerSource<T>(reader: Reader<T>, partitions: number): ReaderSource<T> {
  const nudges = Array.from({ length: partitions }, createNudge);
  const offers = Array.from({ length: partitions }, (): { after: number; batch: Batch<T> }[] => []);

  const takeOffer = (partition: number, after: number, limit: number): Batch<T> | undefined => {
    const queue = offers[partition] ?? [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (next.after === after && next.batch.records.length <= limit) return next.batch;
      if (next.after > after) break;
    }
    queue.length = 0;
    return undefined;
  };

  return {
    partitions,
    nudge: (partition) => nudges[partition]?.ring(),
    offer(partition, after, batch) {
      const queue = offers[partition];
      if (queue === undefined) return;
      if (queue.length >= OFFERS_MAX) queue.shift();
      queue.push({ after, batch });
      nudges[partition]?.ring();
    },
    async *follow(partition, { after, limit, signal }) {
      const nudge: Nudge = nudges[partition] ?? createNudge();
      let position = after;
      while (!signal.aborted) {
        const batch = takeOffer(partition, position, limit) ?? (await reader.read(partition, { after: position, limit, signal }));
        if (batch.position <= position) {
          await nudge.wait({ signal, timeoutMs: LOST_NUDGE_MS });
          continue;
        }
        position = batch.position;
        yield batch;
      }
    },
    ends: (options) => reader.ends(options),
  };
}
