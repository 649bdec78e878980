import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionResult } from 'graphql';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Clock, Log, Meter } from '../../plugins/kernel/index.ts';
import type { Limits } from '../limits.ts';
import type { Caller, Pipeline, Prepared } from '../pipeline/types.ts';
import { createAdmission } from './admission.ts';
import { createCounters, type Totals } from './counters.ts';
import type { Authenticate } from './credentials.ts';
import { createFeeds } from './feeds.ts';
import { createFlusher } from './outbox.ts';
import { CREDENTIAL_EXPIRED, coded, GOING_AWAY } from './resume.ts';
import { createSession, type Session } from './session.ts';
import { createStream, type Stream } from './stream.ts';

/** Room for the envelope around a request of the largest allowed size. */
const ENVELOPE_BYTES = 4 * 1024;
/** Pings are spread over this many slices of the keep-alive interval. */
const SLICES = 16;
/** A drain asks sockets to leave at this pace, and sooner where the deadline wants it. */
const DRAIN_MS_PER_SOCKET = 2;
/** Share of the drain's deadline in which sockets are asked to leave; the rest is for their goodbyes. */
const DRAIN_SHARE = 0.8;
const TIMER_MS_MAX = 2 ** 31 - 1;

export interface LiveOptions {
  readonly pipeline: Pipeline;
  readonly limits: Limits;
  readonly log: Log;
  /** With the prefix `portico_live_`. */
  readonly meter: Meter;
  readonly clock: Clock;
  readonly authenticate: Authenticate;
  /** Where a client is, by default the peer's address; behind a proxy, what its header says. */
  readonly ipOf?: (request: IncomingMessage) => string;
  /** A socket that has not said `connection_init` by then is closed with 4408. Default 3,000. */
  readonly initMs?: number;
  /** A peer that does not answer a ping within this time is dropped. Default 12,000. */
  readonly keepAliveMs?: number;
  /** Messages a client may send on one socket in a second before it is closed with 1008. Default 1,000. */
  readonly messagesPerSecond?: number;
}

export interface LiveStats extends Totals {
  readonly sockets: number;
  /** Of server-sent events. */
  readonly streams: number;
  readonly subscriptions: number;
  /** Source subscriptions; subscribers with the same operation, variables and visibility share one. */
  readonly feeds: number;
}

/** Subscriptions over WebSockets and server-sent events. */
export interface Live {
  /** Takes WebSocket upgrades of `path`; other upgrades are answered 404 where nobody else listens for them. */
  attach(server: Server, path?: string): void;
  /** A subscription as results, in the same shared feeds; ends with the caller's signal, its credential, or a drain. */
  subscribe(operation: Prepared, caller: Caller): AsyncIterableIterator<ExecutionResult>;
  stats(): LiveStats;
  /**
   * Takes nothing new, lets queries and mutations finish, asks every subscriber to come back elsewhere, spread over the deadline, and
   * resolves when all are gone. What is left at the deadline is cut.
   */
  drain(options: { readonly deadlineMs: number }): Promise<void>;
}

export function createLive(options: LiveOptions): Live {
  const { pipeline, limits, log, meter, clock } = options;
  const keepAliveMs = options.keepAliveMs ?? 12_000;
  const counters = createCounters(meter);
  const feeds = createFeeds(pipeline, counters);
  const flusher = createFlusher();
  const admission = createAdmission(limits);
  const sessions = new Map<number, Session>();
  const streams = new Set<Stream>();
  const attached: (() => void)[] = [];
  let serial = 0;
  let isDraining = false;
  let slice = 0;
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.bodyBytes + ENVELOPE_BYTES,
    handleProtocols: (offered) => (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : false),
  });
  const beats = setInterval(() => {
    slice = (slice + 1) % SLICES;
    for (const [number, session] of sessions) if (number % SLICES === slice) session.beat();
  }, keepAliveMs / SLICES).unref();

  const stats = (): LiveStats => ({
    sockets: sessions.size,
    streams: streams.size,
    subscriptions: feeds.members,
    feeds: feeds.feeds,
    ...counters.totals,
  });
  meter.gauge('sockets', 'Open sockets.', () => [{ value: sessions.size }]);
  meter.gauge('streams', 'Open streams of server-sent events.', () => [{ value: streams.size }]);
  meter.gauge('subscriptions', 'Open subscriptions.', () => [{ value: feeds.members }]);
  meter.gauge('feeds', 'Source subscriptions.', () => [{ value: feeds.feeds }]);

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const ip = options.ipOf?.(request) ?? request.socket.remoteAddress ?? '';
    if (isDraining) return refuse(socket, '503 Service Unavailable');
    const ticket = admission.admit(ip);
    if (ticket === 'full' || ticket === 'too-many') {
      counters.refused();
      return refuse(socket, ticket === 'full' ? '503 Service Unavailable' : '429 Too Many Requests');
    }
    socket.once('close', () => ticket.release());
    wss.handleUpgrade(request, socket, head, (ws) => {
      const number = (serial += 1);
      if (ws.protocol !== GRAPHQL_TRANSPORT_WS_PROTOCOL) {
        ws.on('error', () => undefined);
        return ws.close(4406, 'Subprotocol not acceptable');
      }
      const session = createSession({
        ws,
        socket,
        request,
        ip,
        id: `ws-${number}`,
        ticket,
        pipeline,
        feeds,
        flusher,
        limits,
        clock,
        log,
        counters,
        authenticate: options.authenticate,
        initMs: options.initMs ?? 3_000,
        messagesPerSecond: options.messagesPerSecond ?? 1_000,
        onClose(code) {
          sessions.delete(number);
          counters.closed(code);
        },
      });
      sessions.set(number, session);
      if (isDraining) session.drain();
    });
  }

  return {
    attach(server, path = '/graphql') {
      const listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        if (pathOf(request) === path) upgrade(request, socket, head);
        else if (server.listenerCount('upgrade') === 1) refuse(socket, '404 Not Found');
      };
      server.on('upgrade', listener);
      attached.push(() => server.off('upgrade', listener));
    },

    subscribe(operation, caller) {
      const ticket = isDraining ? undefined : admission.admit(caller.ip);
      const isAdmitted = typeof ticket === 'object' && ticket.sign(caller.viewer);
      let expiry: NodeJS.Timeout | undefined;
      const stream = createStream({
        feeds,
        operation,
        caller,
        counters,
        onEnd() {
          clearTimeout(expiry);
          streams.delete(stream);
          if (typeof ticket === 'object') ticket.release();
        },
      });
      if (isDraining) stream.end(coded('SHUTTING_DOWN', GOING_AWAY));
      else if (!isAdmitted) {
        counters.refused();
        stream.end(coded('OVERLOADED', 'Too many streams and sockets of this caller.'));
      } else {
        streams.add(stream);
        const { expiresAtMs } = caller.viewer;
        if (expiresAtMs !== null) {
          const leftMs = Math.min(Math.max(0, expiresAtMs - clock.now()), TIMER_MS_MAX);
          expiry = setTimeout(() => stream.end(coded('UNAUTHENTICATED', CREDENTIAL_EXPIRED)), leftMs).unref();
        }
      }
      return stream;
    },

    stats,

    async drain({ deadlineMs }) {
      isDraining = true;
      const leavers = [...sessions.values()].map((session) => () => session.drain());
      leavers.push(...[...streams].map((stream) => () => stream.end(coded('SHUTTING_DOWN', GOING_AWAY))));
      const startedMs = performance.now();
      const spreadMs = Math.min(deadlineMs * DRAIN_SHARE, leavers.length * DRAIN_MS_PER_SOCKET);
      for (const [index, leave] of leavers.entries()) {
        const dueMs = (index / leavers.length) * spreadMs - (performance.now() - startedMs);
        if (dueMs > 1) await sleep(dueMs);
        leave();
      }
      while (sessions.size > 0 && performance.now() - startedMs < deadlineMs) await sleep(POLL_MS);
      for (const session of sessions.values()) session.terminate();
      for (const detach of attached.splice(0)) detach();
      clearInterval(beats);
      wss.close();
    },
  };
}

const POLL_MS = 5;

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/';

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined);
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n`);
}
