import { type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Caller, Pipeline, Prepared } from '../pipeline/types.ts';
import { createDelivery, cursorOf, type Delivery } from './delivery.ts';

/** Events handled before other work of the process gets a turn. */
const EVENTS_PER_TURN = 32;
/** How often a feed whose every member is congested looks again. */
const RECHECK_MS = 10;
/** Turns of the event loop it waits before that. */
const TURNS = 50;
/** A member that takes nothing for so long, while a log waits for it alone, is cut. */
const STALL_MS = 10_000;

/** Who receives a feed: a subscription on a socket, or a stream of server-sent events. */
export interface Member {
  deliver(delivery: Delivery): void;
  /** The feed ended in an error; resumable when it had been open. The member has left already. */
  fail(errors: readonly GraphQLFormattedError[], isResumable: boolean): void;
  /** The feed's source came to its end. The member has left already. */
  complete(): void;
  /** The member took nothing for too long; it ends itself with a hint where to resume. */
  cut(): void;
  isCongested(): boolean;
}

/** One source subscription and one execution per event, for as long as it has members. */
export interface Feed {
  readonly members: ReadonlySet<Member>;
  /** Cursor of the newest delivered event. */
  cursor(): string | undefined;
  hasDelivered(): boolean;
  isEnded(): boolean;
  add(member: Member): void;
  /** The last one to leave ends the feed. */
  remove(member: Member): void;
  /** Hands all members to a feed that stands at the same cursor, and ends. */
  moveTo(other: Feed): void;
}

export interface FeedOptions {
  readonly operation: Prepared;
  readonly caller: Omit<Caller, 'signal'>;
  readonly pipeline: Pipeline;
  /** An event was executed once and handed to this many members. */
  readonly onDelivered: (feed: Feed, members: number) => void;
  /** `left`: the members it had when it ended of itself. */
  readonly onEnd: (feed: Feed, left: readonly Member[]) => void;
}

/** Starts when the first member is added. */
export function createFeed({ operation, caller: owner, pipeline, onDelivered, onEnd }: FeedOptions): Feed {
  const controller = new AbortController();
  const caller: Caller = { ...owner, signal: controller.signal };
  let running: AbortController | undefined;
  /** Each event has a signal of its own, made when asked for, so that nothing gathers on the feed's. */
  const eventCaller: Caller = {
    ...owner,
    get signal() {
      return (running ??= new AbortController()).signal;
    },
  };
  const members = new Set<Member>();
  const keepsNewest = operation.shared === 'latest';
  let newest: Delivery | undefined;
  let cursor: string | undefined;
  let delivered = 0;
  let iterator: AsyncIterator<unknown> | undefined;
  let isStarted = false;
  let isEnded = false;

  const feed: Feed = {
    members,
    cursor: () => cursor,
    hasDelivered: () => delivered > 0,
    isEnded: () => isEnded,
    add(member) {
      members.add(member);
      if (newest !== undefined) member.deliver(newest);
      if (isStarted) return;
      isStarted = true;
      void run();
    },
    remove(member) {
      if (members.delete(member) && members.size === 0) end([]);
    },
    moveTo(other) {
      for (const member of members) other.add(member);
      members.clear();
      end([]);
    },
  };

  async function run(): Promise<void> {
    try {
      const source = await operation.subscribe(pipeline.context(caller));
      if (!(Symbol.asyncIterator in source)) return fail(source);
      iterator = source[Symbol.asyncIterator]();
      if (isEnded) return release(iterator);
      await pump(iterator);
    } catch (error) {
      if (!isEnded) fail({ errors: [asGraphQLError(error)] });
    }
  }

  async function pump(events: AsyncIterator<unknown>): Promise<void> {
    for (let count = 1; !isEnded; count += 1) {
      const step = await events.next();
      if (isEnded) return;
      if (step.done === true) return finishAll((member) => member.complete());
      const delivery = await execute(step.value);
      if (isEnded) return;
      spread(delivery);
      if (count % EVENTS_PER_TURN === 0) await nextTurn();
      if (!keepsNewest && allCongested()) await waitForRoom();
    }
  }

  async function execute(root: unknown): Promise<Delivery> {
    const result = await runOnce(root);
    const finished = pipeline.finish(result, caller);
    return createDelivery(finished, cursorOf(root, finished));
  }

  async function runOnce(root: unknown): Promise<ExecutionResult> {
    try {
      return await operation.execute(pipeline.context(eventCaller), root);
    } catch (error) {
      return { data: null, errors: [asGraphQLError(error)] };
    } finally {
      running = undefined;
    }
  }

  function spread(delivery: Delivery): void {
    delivered += 1;
    cursor = delivery.cursor ?? cursor;
    if (keepsNewest) newest = delivery;
    const count = members.size;
    for (const member of members) member.deliver(delivery);
    onDelivered(feed, count);
  }

  function allCongested(): boolean {
    for (const member of members) if (!member.isCongested()) return false;
    return members.size > 0;
  }

  async function waitForRoom(): Promise<void> {
    for (let turns = 0; turns < TURNS && !isEnded && allCongested(); turns += 1) await nextTurn();
    for (let waitedMs = 0; !isEnded && allCongested(); waitedMs += RECHECK_MS) {
      if (waitedMs >= STALL_MS) {
        for (const member of members) member.cut();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, RECHECK_MS).unref());
    }
  }

  function fail(result: ExecutionResult): void {
    const { errors } = pipeline.finish(result, caller);
    const formatted = (errors ?? []).map((error) => (error instanceof GraphQLError ? error.toJSON() : error));
    const isResumable = iterator !== undefined;
    finishAll((member) => member.fail(formatted, isResumable));
  }

  function finishAll(tell: (member: Member) => void): void {
    const all = [...members];
    members.clear();
    end(all);
    for (const member of all) tell(member);
  }

  function end(left: readonly Member[]): void {
    if (isEnded) return;
    isEnded = true;
    controller.abort();
    running?.abort();
    if (iterator) release(iterator);
    newest = undefined;
    onEnd(feed, left);
  }

  return feed;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Ends a source without waiting for it: a generator that waits for its next event answers only when its signal wakes it. */
function release(iterator: AsyncIterator<unknown>): void {
  try {
    iterator.return?.()?.then(undefined, () => undefined);
  } catch {
    return;
  }
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError(error instanceof Error ? error.message : 'The feed failed.', {
        originalError: error instanceof Error ? error : new Error('The feed failed.', { cause: error }),
      });
