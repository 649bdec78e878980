import type { IncomingMessage } from 'node:http';

/**
 * Where a request comes from. Behind a proxy that is trusted, the last address of X-Forwarded-For: the one the proxy wrote, since a client can
 * write all before it.
 */
export function createIpOf(trustProxy: boolean): (request: IncomingMessage) => string {
  if (!trustProxy) return peer;
  return (request) => {
    const forwarded = request.headers['x-forwarded-for'];
    const text = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    const last = text?.slice(text.lastIndexOf(',') + 1).trim();
    return last !== undefined && last !== '' && last.length <= ADDRESS_CHARS_MAX ? last : peer(request);
  };
}

const ADDRESS_CHARS_MAX = 64;

const peer = (request: IncomingMessage): string => request.socket.remoteAddress ?? '';
