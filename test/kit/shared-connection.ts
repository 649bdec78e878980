import type { Connection } from '../../ports/index.ts';

/**
 * One connection that cases share, because connecting may mean starting a server. It closes itself when nobody has used it for a moment,
 * so that no runner needs to call anything at the end and no process is kept alive.
 */
export interface SharedConnection {
  take(): Promise<Connection<unknown>>;
  /** `isSound: false` closes it: what a failed case left behind must not fail the next one. */
  giveBack(isSound: boolean): void;
  discard(): Promise<void>;
}

const IDLE_MS = 1_000;

export function createShared(connect: () => Promise<Connection<unknown>>): SharedConnection {
  let held: Promise<Connection<unknown>> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const discard = async () => {
    clearTimeout(timer);
    const leaving = held;
    held = undefined;
    const connection = await leaving?.catch(() => undefined);
    await connection?.close();
  };
  const discardQuietly = () => {
    discard().catch(() => undefined);
  };
  return {
    take() {
      clearTimeout(timer);
      held ??= connect();
      return held;
    },
    giveBack(isSound) {
      clearTimeout(timer);
      if (isSound) timer = setTimeout(discardQuietly, IDLE_MS);
      else discardQuietly();
    },
    discard,
  };
}
