import type { Viewer } from '../../plugins/kernel/index.ts';
import type { Limits } from '../limits.ts';

/** One socket's place. It counts against its IP until a credential is shown, and against the viewer from then on. */
export interface Ticket {
  /** False: that viewer has as many sockets as it may; the ticket still counts against the IP. */
  sign(viewer: Viewer): boolean;
  /** Idempotent. */
  release(): void;
}

export interface Admission {
  admit(ip: string): Ticket | 'full' | 'too-many';
}

/** Bounds sockets: of the process, of one viewer, and of one IP while nobody has signed in on them. */
export function createAdmission(limits: Pick<Limits, 'sockets' | 'socketsPerViewer'>): Admission {
  const counts = new Map<string, number>();
  let total = 0;

  const take = (key: string): boolean => {
    const count = counts.get(key) ?? 0;
    if (count >= limits.socketsPerViewer) return false;
    counts.set(key, count + 1);
    return true;
  };
  const give = (key: string): void => {
    const count = (counts.get(key) ?? 1) - 1;
    if (count === 0) counts.delete(key);
    else counts.set(key, count);
  };

  return {
    admit(ip) {
      let key: string | undefined = `ip ${ip}`;
      if (total >= limits.sockets) return 'full';
      if (!take(key)) return 'too-many';
      total += 1;
      return {
        sign(viewer) {
          if (viewer.kind === 'anonymous' || key === undefined) return true;
          const own = `${viewer.kind} ${viewer.id}`;
          if (!take(own)) return false;
          give(key);
          key = own;
          return true;
        },
        release() {
          if (key === undefined) return;
          give(key);
          key = undefined;
          total -= 1;
        },
      };
    },
  };
}
