import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { GraphQLFormattedError } from 'graphql';
import { CloseCode, MessageType, parseMessage, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { ANONYMOUS, type Clock, type Log, type Viewer } from '../../plugins/kernel/index.ts';
import type { Limits } from '../limits.ts';
import type { Caller, OperationRequest, Pipeline } from '../pipeline/types.ts';
import type { Ticket } from './admission.ts';
import type { Counters } from './counters.ts';
import { type Authenticate, credentialHeaders } from './credentials.ts';
import { leadOf } from './delivery.ts';
import type { Member } from './feed.ts';
import type { Feeds } from './feeds.ts';
import { ackText, completeText, errorText, nextText, pongText } from './messages.ts';
import { createOutbox, type Flusher, type Line } from './outbox.ts';
import { createPace } from './pace.ts';
import { CLOSE, CREDENTIAL_EXPIRED, coded, GOING_AWAY, resumable, slowConsumer } from './resume.ts';

const ID_LENGTH_MAX = 256;
const TIMER_MS_MAX = 2 ** 31 - 1;

/** One socket of the graphql-transport-ws protocol. */
export interface Session {
  /** Sends a ping; ends a socket that has not answered since the last one. */
  beat(): void;
  /** Lets queries and mutations finish, then closes with a hint to resume. Takes no new operation. */
  drain(): void;
  terminate(): void;
  readonly subscriptions: number;
}

export interface SessionOptions {
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly request: IncomingMessage;
  readonly ip: string;
  readonly id: string;
  readonly ticket: Ticket;
  readonly pipeline: Pipeline;
  readonly feeds: Feeds;
  readonly flusher: Flusher;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly authenticate: Authenticate;
  readonly initMs: number;
  readonly messagesPerSecond: number;
  onClose(code: number): void;
}

interface Running {
  readonly controller: AbortController;
  member: Member | undefined;
}

export function createSession(options: SessionOptions): Session {
  const { ws, ticket, pipeline, feeds, limits, clock, log, counters } = options;
  const outbox = createOutbox({
    socket: options.socket,
    flusher: options.flusher,
    bytesMax: limits.socketBufferBytes,
    onRoom() {
      if (!isPaused) return;
      isPaused = false;
      ws.resume();
    },
  });
  const running = new Map<string, Running>();
  let state: 'new' | 'initialising' | 'ready' | 'closed' = 'new';
  let viewer: Viewer = ANONYMOUS;
  let params: Readonly<Record<string, unknown>> | undefined;
  let isAlive = true;
  let isPaused = false;
  let isDraining = false;
  let subscriptions = 0;
  let serial = 0;
  const isInPace = createPace(clock, options.messagesPerSecond);
  const initTimer = setTimeout(() => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'), options.initMs);
  let expiryTimer: NodeJS.Timeout | undefined;

  ws.on('message', (data: Buffer, isBinary) => {
    isAlive = true;
    if (state === 'closed') return;
    if (!isInPace()) return close(CLOSE.policy, 'too many messages');
    if (isBinary) return close(CloseCode.BadRequest, 'Invalid message received');
    receive(data.toString());
    if (outbox.bufferedBytes() <= limits.socketBufferBytes) return;
    isPaused = true;
    ws.pause();
  });
  ws.on('pong', () => {
    isAlive = true;
  });
  ws.on('error', (error) => log.debug('socket failed', { socket: options.id, error }));
  ws.on('close', (code) => {
    leave();
    options.onClose(code);
  });

  function receive(text: string): void {
    let message: ReturnType<typeof parseMessage>;
    try {
      message = parseMessage(text);
    } catch {
      return close(CloseCode.BadRequest, 'Invalid message received');
    }
    switch (message.type) {
      case MessageType.ConnectionInit:
        return void initialise(message.payload ?? undefined);
      case MessageType.Ping:
        return outbox.text(pongText(message.payload));
      case MessageType.Pong:
        return;
      case MessageType.Subscribe:
        if (state !== 'ready') return close(CloseCode.Unauthorized, 'Unauthorized');
        return subscribe(message.id, message.payload);
      case MessageType.Complete:
        return stop(message.id);
      case MessageType.ConnectionAck:
      case MessageType.Next:
      case MessageType.Error:
        return close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  async function initialise(payload: Readonly<Record<string, unknown>> | undefined): Promise<void> {
    if (state !== 'new') return close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
    state = 'initialising';
    params = payload;
    try {
      viewer = await options.authenticate(credentialHeaders(options.request.headers, payload));
    } catch (error) {
      log.debug('socket refused', { socket: options.id, error });
      return close(CloseCode.Forbidden, 'Forbidden');
    }
    if (isClosed()) return;
    if (!ticket.sign(viewer)) return close(CLOSE.tryAgainLater, 'too many sockets of this viewer');
    clearTimeout(initTimer);
    state = 'ready';
    watchExpiry();
    outbox.text(ackText);
  }

  function watchExpiry(): void {
    if (viewer.expiresAtMs === null) return;
    const waitMs = Math.max(0, viewer.expiresAtMs - clock.now());
    expiryTimer = setTimeout(() => void (waitMs > TIMER_MS_MAX ? watchExpiry() : recheck()), Math.min(waitMs, TIMER_MS_MAX));
  }

  /** The credential may have been prolonged where it is kept; else the socket ends here. */
  async function recheck(): Promise<void> {
    const again = await options.authenticate(credentialHeaders(options.request.headers, params)).catch(() => undefined);
    const isSame = again?.id === viewer.id && again.kind === viewer.kind && again.scopes.symmetricDifference(viewer.scopes).size === 0;
    if (again === undefined || !isSame || isExpired(again)) return close(CloseCode.Unauthorized, CREDENTIAL_EXPIRED);
    viewer = again;
    watchExpiry();
  }

  const isExpired = (who: Viewer): boolean => who.expiresAtMs !== null && who.expiresAtMs <= clock.now();

  function subscribe(id: string, payload: SubscribePayload): void {
    if (id.length > ID_LENGTH_MAX) return close(CloseCode.BadRequest, 'Operation id too long');
    if (running.has(id)) return close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`);
    if (isDraining) return sendErrors(id, resumable([coded('SHUTTING_DOWN', GOING_AWAY)], undefined));
    if (running.size >= limits.operationsPerSocket) {
      return sendErrors(id, [coded('OVERLOADED', `One socket may have ${limits.operationsPerSocket} operations at a time.`)]);
    }
    if (isExpired(viewer)) return void recheck();
    const controller = new AbortController();
    const operation: Running = { controller, member: undefined };
    running.set(id, operation);
    const caller: Caller = { viewer, ip: options.ip, requestId: `${options.id}-${(serial += 1)}`, signal: controller.signal };
    begin(id, requestOf(payload), operation, caller).catch((error: unknown) => {
      log.error('an operation over a socket failed', { requestId: caller.requestId, error });
      if (take(id, operation)) sendErrors(id, [coded('INTERNAL', 'Unexpected error.')]);
    });
  }

  async function begin(id: string, request: OperationRequest, operation: Running, caller: Caller): Promise<void> {
    const preparation = await pipeline.prepare(request, caller);
    if (running.get(id) !== operation) return;
    if (!preparation.ok) {
      take(id, operation);
      return sendErrors(id, preparation.rejected.errors, preparation.rejected.retryAfterSeconds);
    }
    const prepared = preparation.operation;
    if (prepared.kind === 'subscription') {
      const line: Line = { lead: leadOf(id), mode: prepared.shared === 'latest' ? 'latest' : 'live', held: undefined };
      operation.member = createMember(id, line, operation);
      subscriptions += 1;
      return feeds.join(prepared, caller, operation.member);
    }
    const { result, retryAfterSeconds } = await pipeline.runPrepared(prepared, caller);
    if (!take(id, operation)) return;
    if (result.data === undefined && result.errors) return outbox.text(errorText(id, result.errors, retryAfterSeconds));
    outbox.text(nextText(id, result));
    outbox.text(completeText(id));
  }

  function createMember(id: string, line: Line, operation: Running): Member {
    let cursor: string | undefined;
    const finish = (send: () => void) => {
      outbox.forget(line);
      if (!take(id, operation)) return;
      send();
    };
    const member: Member = {
      deliver(delivery) {
        const sent = outbox.next(line, delivery);
        if (sent === 'full') return member.cut();
        if (sent === 'conflated') counters.conflated();
        if (sent === 'queued') cursor = delivery.cursor ?? cursor;
      },
      fail: (errors, isResumable) => finish(() => sendErrors(id, isResumable ? resumable(errors, cursor) : errors)),
      complete: () => finish(() => outbox.text(completeText(id))),
      cut() {
        counters.cut();
        finish(() => sendErrors(id, slowConsumer(cursor)));
      },
      isCongested: () => outbox.isCongested(),
    };
    return member;
  }

  /** Ends the bookkeeping of an operation; false when it is not the one that runs under this id any more. */
  function take(id: string, operation: Running): boolean {
    if (running.get(id) !== operation) return false;
    running.delete(id);
    if (operation.member) {
      subscriptions -= 1;
      feeds.leave(operation.member);
    }
    if (isDraining) queueMicrotask(closeWhenIdle);
    return true;
  }

  function stop(id: string): void {
    const operation = running.get(id);
    if (operation === undefined) return;
    take(id, operation);
    operation.controller.abort();
  }

  const sendErrors = (id: string, errors: readonly GraphQLFormattedError[], retryAfterSeconds?: number): void =>
    outbox.text(errorText(id, errors, retryAfterSeconds));
  const isClosed = (): boolean => state === 'closed';

  function closeWhenIdle(): void {
    if (running.size === subscriptions) close(CLOSE.goingAway, GOING_AWAY);
  }

  function close(code: number, reason: string): void {
    if (state === 'closed') return;
    outbox.flush();
    leave();
    ws.close(code, reason.length < 124 ? reason : reason.slice(0, 120));
  }

  function leave(): void {
    if (state === 'closed') return;
    state = 'closed';
    clearTimeout(initTimer);
    clearTimeout(expiryTimer);
    outbox.close();
    for (const [id, { controller, member }] of running) {
      running.delete(id);
      if (member) feeds.leave(member);
      controller.abort();
    }
    subscriptions = 0;
    ticket.release();
  }

  return {
    beat() {
      if (!isAlive) return ws.terminate();
      isAlive = false;
      if (state !== 'closed') ws.ping();
    },
    drain() {
      isDraining = true;
      closeWhenIdle();
    },
    terminate: () => ws.terminate(),
    get subscriptions() {
      return subscriptions;
    },
  };
}

/** The protocol wants a text; a persisted operation has none. */
const requestOf = (payload: SubscribePayload): OperationRequest => ({
  query: payload.query === '' ? undefined : payload.query,
  operationName: payload.operationName,
  variables: payload.variables,
  extensions: payload.extensions,
});
