import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const PREFIX = randomBytes(6).toString('hex');
let serial = 0;

/** The id a proxy gave, when it is one, else one of our own: unique to this process and in order. */
export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  if (typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given)) return given;
  serial += 1;
  return `${PREFIX}-${serial.toString(36)}`;
}
