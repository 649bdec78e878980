import { type Instance, openInstance } from '../kit/index.ts';

/**
 * The engine behind one connection: for each port and namespace one space of data, shared by all instances opened on it.
 * It lives as long as the connection; closing an instance forgets nothing.
 */
export interface Spaces {
  readonly isOpen: boolean;
  /** The space of a port and namespace, made by the first who asks. Its clock is that of whoever opened last. */
  of<Space extends Sweepable>(port: string, namespace: string, now: () => number, create: (clock: () => number) => Space): Space;
  /** An instance that is closed with the connection at the latest. */
  instance<Api extends object>(port: string, api: Api, close?: () => void): Instance<Api>;
  close(): Promise<void>;
}

export interface Sweepable {
  /** Frees up to `max` expired things. Reads never see them anyway; sweeping only gives their memory back. */
  sweep(max: number): void;
}

const SWEEP_INTERVAL_MS = 1000;
/** Bounds what one sweep of one space may hold up. */
const SWEEP_MAX = 20_000;

export function createSpaces(): Spaces {
  const spaces = new Map<string, { readonly space: Sweepable; readonly clock: { now: () => number } }>();
  const instances = new Set<Instance<object>>();
  let isOpen = true;
  const timer = setInterval(() => {
    for (const { space } of spaces.values()) space.sweep(SWEEP_MAX);
  }, SWEEP_INTERVAL_MS);
  timer.unref();
  return {
    get isOpen() {
      return isOpen;
    },
    of<Space extends Sweepable>(port: string, namespace: string, now: () => number, create: (clock: () => number) => Space): Space {
      const key = `${port}/${namespace}`;
      const known = spaces.get(key);
      if (known !== undefined) {
        known.clock.now = now;
        return known.space as Space;
      }
      const clock = { now };
      const space = create(() => clock.now());
      spaces.set(key, { space, clock });
      return space;
    },
    instance(port, api, close) {
      const instance = openInstance(api, {
        port,
        adapter: 'memory',
        health: () => Promise.resolve({ status: 'ok', latencyMs: 0 }),
        close() {
          instances.delete(instance);
          close?.();
        },
      });
      instances.add(instance);
      return instance;
    },
    async close() {
      isOpen = false;
      clearInterval(timer);
      await Promise.all([...instances].map((instance) => instance.close()));
      spaces.clear();
    },
  };
}
