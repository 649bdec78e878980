import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { Registry } from 'prom-client';
import { type WebSocket, WebSocketServer } from 'ws';
import { ANONYMOUS } from '../../plugins/kernel/index.ts';
import { systemClock } from '../../server/environment.ts';
import { LIMITS } from '../../server/limits.ts';
import { createLive } from '../../server/live/live.ts';
import { createLog } from '../../server/observe/log.ts';
import { createMeters } from '../../server/observe/meters.ts';
import { createPipeline } from '../../server/pipeline/pipeline.ts';
import { createTicks, type Ticks, tickSchema } from './ticks.ts';

/*
 * One contender in a process of its own. It prints its port; then each line on standard input is a command:
 *
 *   push 10    ten events in this tick          ?    prints CPU microseconds so far and MB of memory
 */
const attach: Readonly<Record<string, (server: Server, ticks: Ticks) => void>> = { portico, plain, raw };

/** The crowd counts bytes, so nobody pings it. */
const NO_PINGS_MS = 3_600_000;
const ticks = createTicks();
const server = createServer();
attach[process.argv[2] ?? 'portico']?.(server, ticks);
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.on('data', (data) => {
  for (const line of data.toString().split('\n')) {
    if (line.startsWith('push ')) ticks.push(Number(line.slice(5)));
    if (line !== '?') continue;
    const { user, system } = process.cpuUsage();
    console.log(`${user + system} ${Math.round(process.memoryUsage.rss() / 1e6)}`);
  }
});
process.stdin.on('end', () => process.exit(0));

/** Everything on: limits, metrics, cursors, expiry, buffers counted. */
function portico(to: Server, source: Ticks): void {
  const limits = { ...LIMITS, socketsPerViewer: 10_000 };
  const log = createLog({ level: 'warn', write: (line) => process.stderr.write(line) });
  const meters = createMeters(new Registry());
  const pipeline = createPipeline({
    schema: tickSchema(source),
    limits,
    log,
    meter: meters('graphql'),
    clock: systemClock,
    introspection: false,
    onlyPersisted: false,
  });
  createLive({
    pipeline,
    limits,
    log,
    meter: meters('live'),
    clock: systemClock,
    authenticate: async () => ANONYMOUS,
    keepAliveMs: NO_PINGS_MS,
  }).attach(to);
}

/** graphql-ws as its documentation shows it: graphql-js for each subscriber and event. */
function plain(to: Server, source: Ticks): void {
  useServer({ schema: tickSchema(source) }, new WebSocketServer({ server: to, path: '/graphql', perMessageDeflate: false }), 0);
}

/** No GraphQL: one stringify an event and `ws.send` of the same bytes to each socket. */
function raw(to: Server, source: Ticks): void {
  const subscribers = new Map<WebSocket, string>();
  new WebSocketServer({ server: to, path: '/graphql', perMessageDeflate: false }).on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; id: string };
      if (message.type === 'connection_init') socket.send('{"type":"connection_ack"}');
      else subscribers.set(socket, `{"id":"${message.id}","type":"next","payload":`);
    });
    socket.on('close', () => subscribers.delete(socket));
  });
  source.listeners.add((tick) => {
    const body = `${JSON.stringify({ data: { ticks: tick } })}}`;
    for (const [socket, lead] of subscribers) socket.send(lead + body);
  });
}
