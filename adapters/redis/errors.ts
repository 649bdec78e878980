import { PortError, type PortErrorCode } from '../../ports/index.ts';

/** What the failed call was about: a lost read has no effect, a lost write may have had one. */
export interface Lost {
  readonly port: string;
  readonly effect: 'read' | 'write';
}

/**
 * The client's and the engine's errors as port faults. A write that was never sent or that the engine refused is `not-applied`;
 * one whose answer was lost on the way is `unknown`.
 */
export function mapRedisError(error: unknown, lost: Lost): PortError {
  if (error instanceof PortError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const fault = (code: PortErrorCode, message: string, isSent: boolean) =>
    new PortError(code, message, {
      port: lost.port,
      adapter: 'redis',
      cause: error,
      outcome: isSent && lost.effect === 'write' ? 'unknown' : 'not-applied',
    });
  if (NOT_SENT.some((phrase) => text.includes(phrase))) return fault('UNAVAILABLE', 'Redis is not connected', false);
  if (TIMED_OUT.test(text)) return fault('TIMEOUT', 'Redis did not answer in time', true);
  const [word = ''] = text.split(' ', 1);
  const code = REPLIES[word];
  if (code !== undefined) return fault(code, `Redis refuses: ${text}`, false);
  if (isReply(error)) return fault('INTERNAL', `Redis answered: ${text}`, false);
  return fault('UNAVAILABLE', 'the connection to Redis was lost', true);
}

/** First words of the engine's refusals; with any of them the command had no effect. */
const REPLIES: Readonly<Record<string, PortErrorCode>> = {
  LOADING: 'UNAVAILABLE',
  MASTERDOWN: 'UNAVAILABLE',
  CLUSTERDOWN: 'UNAVAILABLE',
  READONLY: 'UNAVAILABLE',
  NOREPLICAS: 'UNAVAILABLE',
  MISCONF: 'UNAVAILABLE',
  TRYAGAIN: 'UNAVAILABLE',
  BUSY: 'UNAVAILABLE',
  MOVED: 'UNAVAILABLE',
  ASK: 'UNAVAILABLE',
  NOAUTH: 'UNAVAILABLE',
  OOM: 'OVERLOADED',
};

/** ioredis' sentences for a command that never left the process. */
const NOT_SENT = [
  "Stream isn't writeable",
  "Cluster isn't ready",
  'None of startup nodes is available',
  'Failed to refresh slots cache',
  'Cluster is disconnect',
  "Cannot read properties of undefined (reading 'join')",
  'Too many Cluster redirections',
];

const TIMED_OUT = /Command timed out|ETIMEDOUT/;

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
