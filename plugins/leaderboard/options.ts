import { z } from 'zod';

export const leaderboardOptions = z.strictObject({
  /** Partitions of the score log, and so of all projections. Fixed when the log is first used. */
  partitions: z.int().min(1).max(64).default(4),
  /** How long a result may come after its season's end, and so how long a season waits for its seal. */
  graceMs: z.int().min(0).max(86_400_000).default(60_000),
  /** How far the game server's clock may be ahead of ours. */
  aheadMs: z.int().min(0).max(600_000).default(5_000),
  /** How long an answer waits for the applied rank before it says `applied: false`. */
  waitMs: z.int().min(0).max(30_000).default(2_000),
  /** Score records are kept in the log at least this long, for feeds that resume. */
  scoreRetentionDays: z.int().min(1).max(3_650).default(30),
  /** Boards an administrator may create. */
  boardsMax: z.int().min(1).max(10_000).default(1_000),
});

export type LeaderboardOptions = z.infer<typeof leaderboardOptions>;
