import type { IncomingMessage } from 'node:http';

export type Body = { readonly kind: 'read'; readonly bytes: Buffer } | { readonly kind: 'too-large' } | { readonly kind: 'gone' };

/**
 * Reads a body up to `bytesMax`, whether its length was announced or it comes in chunks, and calls back exactly once. What is announced too
 * large is refused unread. `gone`: the client left before the end.
 */
export function readBody(request: IncomingMessage, bytesMax: number, done: (body: Body) => void): void {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > bytesMax) return done(TOO_LARGE);
  let first: Buffer | undefined;
  let rest: Buffer[] | undefined;
  let length = 0;
  let isDone = false;
  const finish = (body: Body): void => {
    if (isDone) return;
    isDone = true;
    done(body);
  };
  request.on('data', (chunk: Buffer) => {
    if (isDone) return;
    length += chunk.length;
    if (length > bytesMax) {
      first = undefined;
      rest = undefined;
      return finish(TOO_LARGE);
    }
    if (first === undefined) first = chunk;
    else if (rest === undefined) rest = [first, chunk];
    else rest.push(chunk);
  });
  request.on('end', () => finish({ kind: 'read', bytes: rest === undefined ? (first ?? EMPTY) : Buffer.concat(rest, length) }));
  request.on('close', () => finish(GONE));
}

export const readBodyAsync = (request: IncomingMessage, bytesMax: number): Promise<Body> =>
  new Promise((resolve) => readBody(request, bytesMax, resolve));

const EMPTY = Buffer.alloc(0);
const TOO_LARGE: Body = { kind: 'too-large' };
const GONE: Body = { kind: 'gone' };
