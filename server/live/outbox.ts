import type { Duplex } from 'node:stream';
import type { Delivery } from './delivery.ts';

/** Above this a body is written as it is, shared by all sockets; below, copying it into one chunk a tick is cheaper than a second chunk. */
const COPY_BYTES_MAX = 8 * 1024;
const HEADER_BYTES_MAX = 10;
const EMPTY = Buffer.alloc(0);

/** A subscription's place on a socket. */
export interface Line {
  readonly lead: Buffer;
  /** `latest`: on a full socket only the newest event waits. `live`: a full socket cuts the line. */
  readonly mode: 'latest' | 'live';
  /** The newest event of a `latest` line that waits for room. */
  held: Delivery | undefined;
}

/** What became of an event: on its way, waiting for room, waiting in the place of an older one, or refused for want of room. */
export type Sent = 'queued' | 'held' | 'conflated' | 'full';

/**
 * The way out of one socket. What is queued within a tick leaves in one write; frames are built here, past `ws.send`, so that a further
 * subscriber costs one copy and a share of one write.
 */
export interface Outbox {
  /** Queues a whole text message, whatever waits already. */
  text(message: string): void;
  /** Queues an event of a line. `full` is answered when more than the cap would wait; then nothing was queued. */
  next(line: Line, delivery: Delivery): Sent;
  /** Forgets what a line holds back. */
  forget(line: Line): void;
  /** Writes what is queued now, before a close frame for instance. */
  flush(): void;
  /** More waits than the peer takes at the moment. */
  isCongested(): boolean;
  /** Bytes queued here and in the socket. */
  bufferedBytes(): number;
  /** Drops everything. Nothing is written after it. */
  close(): void;
}

/** Collects the outboxes that have something to write, and writes them all once a tick. */
export interface Flusher {
  add(flush: () => void): void;
}

export function createFlusher(): Flusher {
  let dirty: (() => void)[] = [];
  const run = () => {
    const batch = dirty;
    dirty = [];
    for (const flush of batch) flush();
  };
  return {
    add(flush) {
      if (dirty.push(flush) === 1) setImmediate(run);
    },
  };
}

export interface OutboxOptions {
  readonly socket: Duplex;
  readonly flusher: Flusher;
  /** Bytes that may wait before a `live` line is cut. */
  readonly bytesMax: number;
  /** Called when the peer takes more. */
  readonly onRoom?: () => void;
}

export function createOutbox({ socket, flusher, bytesMax, onRoom }: OutboxOptions): Outbox {
  const holding = new Set<Line>();
  /** Pairs: a lead, then a body; together one message. */
  let queue: Buffer[] = [];
  let queuedBytes = 0;
  let needsDrain = false;
  let isScheduled = false;
  let isClosed = false;

  const isCongested = () => needsDrain || queuedBytes >= socket.writableHighWaterMark;
  const isFull = (more: number) => bufferedBytes() > 0 && bufferedBytes() + more > bytesMax;
  const bufferedBytes = () => socket.writableLength + queuedBytes;

  function push(lead: Buffer, body: Buffer): void {
    queue.push(lead, body);
    queuedBytes += lead.length + body.length + HEADER_BYTES_MAX;
    if (isScheduled) return;
    isScheduled = true;
    flusher.add(scheduled);
  }

  function scheduled(): void {
    isScheduled = false;
    flush();
  }

  function flush(): void {
    if (isClosed || queue.length === 0) return;
    const pairs = queue;
    queue = [];
    queuedBytes = 0;
    needsDrain = !writeMessages(socket, pairs);
    if (needsDrain) return;
    if (holding.size > 0) release();
    onRoom?.();
  }

  function release(): void {
    for (const line of holding) {
      if (needsDrain || queuedBytes >= bytesMax) return;
      const delivery = line.held;
      line.held = undefined;
      holding.delete(line);
      if (delivery !== undefined) push(line.lead, delivery.body());
    }
  }

  socket.on('drain', () => {
    needsDrain = false;
    if (isClosed) return;
    release();
    onRoom?.();
  });

  return {
    text(message) {
      if (!isClosed) push(Buffer.from(message), EMPTY);
    },
    next(line, delivery) {
      if (isClosed) return 'queued';
      if (line.mode === 'latest') {
        if (line.held !== undefined || needsDrain || queuedBytes >= bytesMax) {
          const wasHeld = line.held !== undefined;
          line.held = delivery;
          holding.add(line);
          return wasHeld ? 'conflated' : 'held';
        }
      } else if (isFull(delivery.body().length)) {
        // What gathered within this tick may be on its way at once.
        flush();
        if (isFull(delivery.body().length)) return 'full';
      }
      push(line.lead, delivery.body());
      return 'queued';
    },
    forget(line) {
      line.held = undefined;
      holding.delete(line);
    },
    flush,
    isCongested,
    bufferedBytes,
    close() {
      isClosed = true;
      queue = [];
      queuedBytes = 0;
      for (const line of holding) line.held = undefined;
      holding.clear();
    },
  };
}

/** Writes lead and body pairs as text frames; small ones as one chunk. Answers what the last `write` did. */
function writeMessages(socket: Duplex, pairs: readonly Buffer[]): boolean {
  let bytes = 0;
  let isSmall = true;
  for (let i = 0; i < pairs.length; i += 2) {
    const length = sizeAt(pairs, i) + sizeAt(pairs, i + 1);
    bytes += length + headerBytes(length);
    if (sizeAt(pairs, i + 1) > COPY_BYTES_MAX) isSmall = false;
  }
  if (isSmall) {
    const chunk = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (let i = 0; i < pairs.length; i += 2) at = writePair(chunk, at, pairs[i] ?? EMPTY, pairs[i + 1] ?? EMPTY);
    return socket.write(chunk);
  }
  socket.cork();
  let hasRoom = true;
  for (let i = 0; i < pairs.length; i += 2) {
    const lead = pairs[i] ?? EMPTY;
    const body = pairs[i + 1] ?? EMPTY;
    const length = lead.length + body.length;
    const head = Buffer.allocUnsafe(headerBytes(length) + lead.length);
    head.set(lead, writeHeader(head, 0, length));
    socket.write(head);
    hasRoom = body.length === 0 ? hasRoom : socket.write(body);
  }
  socket.uncork();
  return hasRoom && !socket.writableNeedDrain;
}

const sizeAt = (pairs: readonly Buffer[], index: number): number => pairs[index]?.length ?? 0;

function writePair(chunk: Buffer, from: number, lead: Buffer, body: Buffer): number {
  let at = writeHeader(chunk, from, lead.length + body.length);
  chunk.set(lead, at);
  at += lead.length;
  chunk.set(body, at);
  return at + body.length;
}

/*
 * RFC 6455 §5.2, an unmasked final text frame:
 *
 *   0x81 │ length < 126
 *   0x81 │ 126 │ length, 2 bytes
 *   0x81 │ 127 │ length, 8 bytes
 */
const TEXT_FINAL = 0x81;
const headerBytes = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

function writeHeader(chunk: Buffer, at: number, length: number): number {
  chunk[at] = TEXT_FINAL;
  if (length < 126) {
    chunk[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    chunk[at + 1] = 126;
    chunk[at + 2] = length >>> 8;
    chunk[at + 3] = length & 0xff;
    return at + 4;
  }
  chunk[at + 1] = 127;
  chunk.writeBigUInt64BE(BigInt(length), at + 2);
  return at + 10;
}
