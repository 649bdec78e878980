import { PortError } from '../../ports/index.ts';

export interface LaneOptions<Job> {
  /** Writes the jobs as one; must settle every one of them and never reject. */
  readonly write: (jobs: readonly Job[]) => Promise<void>;
  readonly weightOf: (job: Job) => number;
  /** A group is closed when its weight would pass this. A single heavier job goes alone. */
  readonly groupWeightMax: number;
  /** Beyond this weight of waiting jobs `push` throws OVERLOADED. */
  readonly waitingWeightMax: number;
  /** False when the job must not share a write with those gathered before it; it then leads the next group. Called in order. */
  readonly joins?: (group: readonly Job[], job: Job) => boolean;
}

/** Group commit: while one write is in flight the next group gathers, so a hundred callers cost two writes, not a hundred. */
export interface Lane<Job> {
  push(job: Job): void;
}

export function createLane<Job>(options: LaneOptions<Job>): Lane<Job> {
  let waiting: Job[] = [];
  let waitingWeight = 0;
  let isRunning = false;

  const gather = (): Job[] => {
    let weight = 0;
    const group: Job[] = [];
    for (const job of waiting) {
      const more = options.weightOf(job);
      if (group.length > 0 && (weight + more > options.groupWeightMax || options.joins?.(group, job) === false)) break;
      weight += more;
      group.push(job);
    }
    waiting = waiting.slice(group.length);
    waitingWeight -= weight;
    return group;
  };
  const run = async () => {
    while (waiting.length > 0) await options.write(gather());
    isRunning = false;
  };

  return {
    push(job) {
      const weight = options.weightOf(job);
      if (waiting.length > 0 && waitingWeight + weight > options.waitingWeightMax) {
        throw new PortError('OVERLOADED', `${waiting.length} writes wait for PostgreSQL`, { adapter: 'postgres' });
      }
      waiting.push(job);
      waitingWeight += weight;
      if (isRunning) return;
      isRunning = true;
      queueMicrotask(() => void run());
    },
  };
}
