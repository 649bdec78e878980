import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 before an engine: real connections, really cut. */
export interface Proxy {
  readonly port: number;
  /**
   * Turns so far, over all connections: a stretch of bytes to the engine after the engine had answered (or at the start) is one. A
   * pipelined batch counts once, however many packets it takes; two commands one after the other count twice.
   */
  roundTrips(): number;
  /** Resets every connection and refuses new ones; resolves when no byte passes any more. */
  cut(): Promise<void>;
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** In front of an engine that tells its clients no other address than the one they came to. */
export async function startProxy(target: { readonly port: number; readonly host?: string }): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let trips = 0;
  const accept = (client: Socket) => {
    const engine = dial(target.port, target.host ?? '127.0.0.1');
    const pair = [client, engine] as const;
    pairs.add(pair);
    let isTheirTurn = true;
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      engine.destroy();
    };
    for (const socket of pair) socket.setNoDelay(true).on('error', end).on('close', end);
    client.on('data', (bytes) => {
      if (isTheirTurn) trips += 1;
      isTheirTurn = false;
      if (!engine.write(bytes)) client.pause();
    });
    engine.on('data', (bytes) => {
      isTheirTurn = true;
      if (!client.write(bytes)) engine.pause();
    });
    engine.on('drain', () => client.resume());
    client.on('drain', () => engine.resume());
  };
  let server = await listen(accept, 0);
  const { port } = server.address() as { port: number };
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const [client, engine] of pairs) {
      client.resetAndDestroy();
      engine.destroy();
    }
    pairs.clear();
    await closed;
  };
  return {
    port,
    roundTrips: () => trips,
    cut,
    async heal() {
      if (!server.listening) server = await listen(accept, port);
    },
    stop: cut,
  };
}

/** Port 0: one at random below the ephemeral range, so that no outgoing connection takes it while the proxy is cut. */
async function listen(accept: (socket: Socket) => void, port: number): Promise<Server> {
  for (let attempt = 0; ; attempt++) {
    const server = createServer(accept);
    const error = await new Promise<Error | null>((resolve) => {
      server.once('error', resolve);
      server.listen(port === 0 ? 22_000 + Math.floor(Math.random() * 10_000) : port, '127.0.0.1', () => resolve(null));
    });
    if (error === null) return server;
    if (attempt >= 20) throw error;
  }
}
