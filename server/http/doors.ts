import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Door, DoorAnswer, Log } from '../../plugins/kernel/index.ts';
import { isPortError, PORT_ERRORS } from '../../ports/index.ts';
import type { Authenticator } from '../auth/authenticate.ts';
import type { RestDoorRoute } from '../rest/rest-door.ts';
import { readBodyAsync } from './body.ts';
import { HttpCaller } from './caller.ts';
import { isJson } from './media.ts';
import { type Rendered, renderJson, send } from './render.ts';
import { requestIdOf } from './request-id.ts';

/** Answers one matched request. Never rejects. */
export type DoorHandler = (request: IncomingMessage, response: ServerResponse, match: DoorMatch) => Promise<void>;

export interface DoorMatch {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: readonly string[];
}

export interface DoorParts {
  readonly authenticator: Authenticator;
  readonly log: Log;
  readonly bodyBytes: number;
  readonly ipOf: (request: IncomingMessage) => string;
}

/** A REST route as a handler: JSON in, JSON out. */
export function restHandler(route: RestDoorRoute, parts: DoorParts): DoorHandler {
  return guarded(parts, async (request, response, match, requestId) => {
    const body = await readBodyAsync(request, parts.bodyBytes);
    if (body.kind === 'gone') return;
    if (body.kind === 'too-large') return refuse(response, match, requestId, tooLarge(parts.bodyBytes));
    const hasBody = body.bytes.length > 0;
    if (hasBody && !isJson(request.headers['content-type'])) return refuse(response, match, requestId, WRONG_TYPE);
    const who = await parts.authenticator.authenticate(request.headers);
    if (!who.ok) return refuse(response, match, requestId, unauthenticated(who.reason), ['www-authenticate', 'Bearer']);
    const caller = new HttpCaller(who.viewer, parts.ipOf(request), requestId, request.socket);
    const rendered = await route.run(
      { params: match.params, query: match.query, body: hasBody ? body.bytes.toString('utf8') : undefined },
      caller,
    );
    caller.release();
    send(response, rendered, requestId, match.headers);
  });
}

/** A protocol door as a handler: the body goes to it raw, up to its own cap. */
export function protocolHandler(door: Door, parts: DoorParts): DoorHandler {
  return guarded(parts, async (request, response, match, requestId) => {
    const body = await readBodyAsync(request, door.bodyBytesMax);
    if (body.kind === 'gone') return;
    if (body.kind === 'too-large') return refuse(response, match, requestId, tooLarge(door.bodyBytesMax));
    const who = await parts.authenticator.authenticate(request.headers);
    if (!who.ok) return refuse(response, match, requestId, unauthenticated(who.reason), ['www-authenticate', 'Bearer']);
    const caller = new HttpCaller(who.viewer, parts.ipOf(request), requestId, request.socket);
    const { params, query } = match;
    const answer = await door.handle({
      params,
      query,
      headers: request.headers,
      body: body.bytes,
      viewer: who.viewer,
      signal: caller.signal,
    });
    caller.release();
    sendRaw(response, answer, requestId, match.headers);
  });
}

type Work = (request: IncomingMessage, response: ServerResponse, match: DoorMatch, requestId: string) => Promise<void>;

/** A fault becomes a masked answer and one line in the log. */
const guarded =
  (parts: DoorParts, work: Work): DoorHandler =>
  async (request, response, match) => {
    const requestId = requestIdOf(request);
    try {
      await work(request, response, match, requestId);
    } catch (error) {
      parts.log.error('a door failed', { requestId, path: request.url?.split('?', 1)[0], error });
      const code = isPortError(error) ? error.code : 'INTERNAL';
      refuse(
        response,
        match,
        requestId,
        errorBody(PORT_ERRORS[code].http, code, 'Something broke on our side. The request id finds it in the log.'),
      );
    }
  };

const refuse = (response: ServerResponse, match: DoorMatch, requestId: string, rendered: Rendered, more: readonly string[] = []): void =>
  send(response, rendered, requestId, [...match.headers, ...more]);

export const errorBody = (status: number, code: string, message: string): Rendered => renderJson(status, { error: { code, message } });

const tooLarge = (bytesMax: number): Rendered => errorBody(413, 'BODY_TOO_LARGE', `The body has more than ${bytesMax} bytes.`);
const unauthenticated = (reason: string): Rendered => errorBody(401, 'UNAUTHENTICATED', `This credential is not good: ${reason}.`);
const WRONG_TYPE = errorBody(415, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json in UTF-8.');

function sendRaw(response: ServerResponse, answer: DoorAnswer, requestId: string, more: readonly string[]): void {
  if (response.destroyed || response.headersSent) return;
  const headers = ['x-request-id', requestId, ...more];
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers.push(name, value);
  headers.push('content-length', String(answer.body === undefined ? 0 : Buffer.byteLength(answer.body)));
  response.writeHead(answer.status, answer.status === 204 ? headers.slice(0, -2) : headers);
  response.end(answer.body);
}
