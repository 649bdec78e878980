import { inspect } from 'node:util';
import type { Connection, Provider } from '../../ports/index.ts';
import type { Case, Need, Suite, Trial } from './case.ts';
import { type AnyAdapter, DEADLINE_MS, type Harness, killOf, outageOf } from './harness.ts';
import { within } from './proof.ts';
import { createRandom } from './random.ts';
import { createShared, type SharedConnection } from './shared-connection.ts';
import { SUITES } from './suites.ts';

/** A case, bound to an adapter. Run it under any runner, or none. */
export interface Runnable {
  readonly port: string;
  /** `port/topic/what`. */
  readonly id: string;
  readonly title: string;
  /** Why it is left out, from capabilities (`skip`) or because the harness cannot do it (`not-exercised`); null: it runs. */
  readonly omitted: { readonly status: 'skip' | 'not-exercised'; readonly reason: string } | null;
  /** The link when the case is a known failure: then `run` resolves when the case fails and rejects when it passes. */
  readonly known: string | null;
  /** `run` settles within this time, whatever the adapter does. */
  readonly timeoutMs: number;
  readonly seed: number;
  run(): Promise<void>;
}

const CLEANUP_MS = 10_000;
const NEEDS: Record<Need, { readonly isMet: (harness: Harness) => boolean; readonly lack: string }> = {
  outage: { isMet: (harness) => outageOf(harness) !== null, lack: 'the harness cannot cut or kill the engine' },
  kill: { isMet: (harness) => killOf(harness) !== null, lack: 'the harness cannot kill the engine' },
  'round-trips': { isMet: (harness) => harness.roundTrips !== undefined, lack: 'the harness cannot count round trips' },
};

/** Every case of every port the adapter serves. Plain data; nothing is connected before the first `run`. */
export function conformance(harness: Harness): Runnable[] {
  const adapter = harness.adapter();
  const seed = harness.seed ?? Math.floor(Math.random() * 2 ** 31);
  const shared = createShared(() => connectTo(harness.adapter()));
  const bound = { harness, seed, shared };
  const runnables = Object.values(adapter.provides).flatMap((provider) => bindProvider(bound, provider));
  const ids = new Set(runnables.map((runnable) => runnable.id));
  for (const [id, link] of Object.entries(harness.knownFailures ?? {})) {
    if (!ids.has(id)) throw new Error(`knownFailures names "${id}", which is no case of ${adapter.name}`);
    if (!link.startsWith('https://')) throw new Error(`the known failure "${id}" needs a link that says why`);
  }
  return runnables;
}

interface Bound {
  readonly harness: Harness;
  readonly seed: number;
  readonly shared: SharedConnection;
}

function bindProvider(bound: Bound, provider: Provider): Runnable[] {
  const found = SUITES.find((candidate) => candidate.port === provider.port.id);
  if (found === undefined) return [foreignPort(provider.port.id, bound.seed)];
  if (found.contract !== provider.port.contract)
    throw new Error(
      `${provider.port.id}: the adapter was written for contract ${provider.port.contract}, this kit judges ${found.contract}`,
    );
  return found.cases.map((one) => bindCase(bound, found, provider, one));
}

function foreignPort(port: string, seed: number): Runnable {
  const omitted = { status: 'not-exercised', reason: 'this kit has no cases for a port of somebody else' } as const;
  return { port, id: `${port}/all`, title: 'is judged elsewhere', omitted, known: null, timeoutMs: 0, seed, run: async () => {} };
}

function bindCase(bound: Bound, { port }: Suite, provider: Provider, one: Case<never>): Runnable {
  const { harness, seed } = bound;
  const id = `${port}/${one.id}`;
  const skip = one.skip?.(provider.caps as never, harness) ?? false;
  const lack = one.needs?.find((need) => !NEEDS[need].isMet(harness));
  const deadlineMs = Math.max(harness.deadlineMs ?? DEADLINE_MS, one.deadlineMs ?? 0);
  const known = harness.knownFailures?.[id] ?? null;
  return {
    port,
    id,
    title: one.title,
    omitted:
      skip !== false ? { status: 'skip', reason: skip } : lack === undefined ? null : { status: 'not-exercised', reason: NEEDS[lack].lack },
    known,
    timeoutMs: deadlineMs + 2 * CLEANUP_MS,
    seed,
    async run() {
      const failure = await attempt(bound, provider, one, deadlineMs).then(
        () => null,
        (error: unknown) => error,
      );
      if (known !== null) {
        if (failure === null) throw new Error(`${id} is listed as a known failure (${known}) but passes: take it off the list`);
        return;
      }
      if (failure === null) return;
      const reason = failure instanceof Error ? failure.message : inspect(failure);
      throw new Error(`${id} (seed ${seed}): ${reason}`, { cause: failure });
    },
  };
}

let serial = 0;

async function attempt({ harness, seed, shared }: Bound, provider: Provider, one: Case<never>, deadlineMs: number): Promise<void> {
  const ending = new AbortController();
  const cleanups: (() => unknown)[] = [];
  const namespace = `k${Date.now().toString(36)}${process.pid.toString(36)}-${(serial++).toString(36)}`;
  if (one.isAlone) await shared.discard();
  const connectAlone = async () => {
    const connection = await connectTo(harness.adapter());
    cleanups.push(() => connection.close());
    return connection;
  };
  let isSound = false;
  const play = async () => {
    const connection = one.isAlone ? await connectAlone() : await shared.take();
    const open: Trial<never>['open'] = async (options = {}) => {
      const link = options.isSecondNode ? await connectAlone() : connection;
      const instance = await provider.open(link.conn as never, {
        namespace: namespace + (options.suffix ?? ''),
        signal: options.signal === undefined ? ending.signal : AbortSignal.any([ending.signal, options.signal]),
        now: Date.now,
      });
      cleanups.push(() => instance.close());
      return { api: instance.api as never, instance: instance as never, connection: link };
    };
    const trial: Trial<never> = {
      ...(await open()),
      caps: provider.caps as never,
      harness,
      random: createRandom(seed ^ hashOf(one.id)),
      signal: ending.signal,
      open,
      after: (cleanup) => cleanups.push(cleanup),
    };
    await one.run(trial);
  };
  try {
    const playing = play();
    playing.catch(() => undefined);
    await within('the case', playing, deadlineMs);
    isSound = true;
  } finally {
    ending.abort();
    const cleaned = cleanUp(cleanups);
    await (isSound ? within('closing what the case opened', cleaned, CLEANUP_MS) : within('', cleaned, CLEANUP_MS).catch(() => undefined));
    if (!one.isAlone) shared.giveBack(isSound);
  }
}

async function cleanUp(cleanups: (() => unknown)[]): Promise<void> {
  for (const cleanup of cleanups.toReversed()) await cleanup();
}

const connectTo = (adapter: AnyAdapter): Promise<Connection<unknown>> =>
  adapter.connect({
    signal: new AbortController().signal,
    log: { info: () => undefined, warn: () => undefined },
    now: Date.now,
  });

/** So that one case alone makes the same walk as within the whole suite. */
function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}
