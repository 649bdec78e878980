import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { QUERY } from './ticks.ts';

/** Many subscribers in one process, cheap enough not to be what is measured: they count bytes. */
export interface Crowd {
  /** Resolves when every subscriber has this many messages more than at the last call. */
  received(messages: number): Promise<void>;
  /** Bytes of one message with its frame. */
  readonly messageBytes: number;
  close(): void;
}

const TRIES_MAX = 40;

export async function gather(port: number, size: number, push: (count: number) => void): Promise<Crowd> {
  let total = 0;
  let expected = 0;
  let wake = (): void => undefined;
  const count = (bytes: number) => {
    total += bytes;
    if (total >= expected) wake();
  };
  const sockets = await Promise.all(Array.from({ length: size }, () => subscribe(port, count)));
  const until = async (bytes: number) => {
    expected = bytes;
    if (total < expected) await new Promise<void>((resolve) => (wake = resolve));
  };
  // The first event may find some not subscribed yet: ask until a round reaches all, and learn the size of a message from it.
  let messageBytes = 0;
  for (let settled = 0, tries = 0; settled < 3; tries += 1) {
    if (tries > TRIES_MAX) throw new Error('no event reaches all subscribers');
    total = 0;
    push(1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    messageBytes = total / size;
    settled = Number.isInteger(messageBytes) && messageBytes > 100 ? settled + 1 : 0;
  }
  total = 0;
  let due = 0;
  return {
    messageBytes,
    received(messages) {
      due += messages * messageBytes * size;
      return until(due);
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function subscribe(port: number, count: (bytes: number) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let isOpen = false;
    socket.setNoDelay(true);
    socket.on('error', reject);
    socket.write(
      'GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
    );
    socket.on('data', (bytes) => {
      if (isOpen) return count(bytes.length);
      const text = bytes.toString('latin1');
      if (text.includes('connection_ack')) {
        isOpen = true;
        socket.write(frame({ id: randomUUID(), type: 'subscribe', payload: { query: QUERY } }));
        resolve(socket);
      } else if (text.startsWith('HTTP/1.1 101')) socket.write(frame({ type: 'connection_init' }));
      else reject(new Error(`no upgrade: ${text}`));
    });
  });
}

/** A client's text frame; its mask is zero. */
function frame(message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head =
    text.length < 126 ? Buffer.from([0x81, 0x80 | text.length]) : Buffer.from([0x81, 0xfe, text.length >> 8, text.length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), text]);
}
