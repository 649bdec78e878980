import { randomBytes } from 'node:crypto';
import type { Message } from '../../ports/index.ts';

/*
 * A notification carries less than 8,000 bytes, so a longer message travels in parts:
 *
 *   <publisher><serial> <part>/<parts> <length of topic> <topic><data…>      first part
 *   <publisher><serial> <part>/<parts> <data…>                               further ones
 *
 * All parts of a call are notified by one statement, and the server delivers the notifications of one transaction together and in order:
 * a reader has at most one unfinished message. The serial also keeps two equal messages of one call apart, which the server would fold.
 */
const PART_BYTES_MAX = 7_600;

const publisher = randomBytes(6).toString('base64url');
let serial = 0;

/** The notifications of one message, in order. */
export function partsOf({ topic, data }: Message): string[] {
  serial += 1;
  const body = `${topic.length} ${topic}${data}`;
  const chunks = split(body);
  return chunks.map((chunk, index) => `${publisher}${serial.toString(36)} ${index + 1}/${chunks.length} ${chunk}`);
}

export interface Reader {
  readonly read: (payload: string) => void;
  /** Forgets an unfinished message: its other parts will not come. */
  readonly reset: () => void;
}

export function createReader(onMessage: (message: Message) => void): Reader {
  let unfinished: { readonly id: string; readonly chunks: string[] } | undefined;
  return {
    read(payload) {
      const header = HEADER.exec(payload);
      const [prefix, id, part, parts] = header ?? [];
      if (prefix === undefined || id === undefined) return;
      const chunk = payload.slice(prefix.length);
      if (part === '1') unfinished = { id, chunks: [chunk] };
      else if (unfinished?.id === id && unfinished.chunks.length + 1 === Number(part)) unfinished.chunks.push(chunk);
      else unfinished = undefined;
      if (unfinished === undefined || part !== parts) return;
      const body = unfinished.chunks.join('');
      unfinished = undefined;
      const at = body.indexOf(' ') + 1;
      const end = at + Number(body.slice(0, at));
      onMessage({ topic: body.slice(at, end), data: body.slice(end) });
    },
    reset() {
      unfinished = undefined;
    },
  };
}

const HEADER = /^(\S+) (\d+)\/(\d+) /;

/** Cuts between characters, never within one. */
function split(body: string): string[] {
  if (Buffer.byteLength(body) <= PART_BYTES_MAX) return [body];
  const bytes = Buffer.from(body);
  const chunks: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + PART_BYTES_MAX, bytes.length);
    while (to < bytes.length && ((bytes[to] ?? 0) & 0xc0) === 0x80) to -= 1;
    chunks.push(bytes.toString('utf8', from, to));
    from = to;
  }
  return chunks;
}
