import { connect, type Socket } from 'node:net';

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Every answer must hold this. */
  readonly expect: string;
}

/** Closed loop over keep-alive sockets with ready-made bytes, so that the generator costs far less than any server it asks. */
export async function load({ port, connections, seconds, body, headers, expect }: LoadOptions): Promise<LoadResult> {
  const head = Object.entries({ host: `127.0.0.1:${port}`, ...headers, 'content-length': String(Buffer.byteLength(body)) }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const bytes = Buffer.from(`POST /graphql HTTP/1.1\r\n${head.join('')}\r\n${body}`);
  const latencies: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;
  await Promise.all(Array.from({ length: connections }, () => drive(port, bytes, expect, endMs, latencies)));
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { requests: latencies.length, seconds: (performance.now() - startedMs) / 1000, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function drive(port: number, bytes: Buffer, expect: string, endMs: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let sentMs = 0;
    let pending: Buffer = Buffer.alloc(0);
    let isFirst = true;
    const next = (): void => {
      sentMs = performance.now();
      socket.write(bytes);
    };
    socket.on('connect', next);
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const length = answerLength(pending);
      if (length === undefined || pending.length < length) return;
      if (isFirst && !pending.includes(expect))
        return socket.destroy(new Error(`another answer: ${pending.toString('utf8').slice(0, 500)}`));
      isFirst = false;
      pending = Buffer.alloc(0);
      const nowMs = performance.now();
      latencies.push(nowMs - sentMs);
      if (nowMs < endMs) return next();
      socket.end();
      resolve();
    });
  });
}

/** Bytes of head and body together; undefined while the head is not all there. */
function answerLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const length = /content-length: (\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without a length: ${head}`);
  return end + 4 + Number(length);
}
