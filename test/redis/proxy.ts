import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that counts round trips and can go silent without closing a connection, as a cut network does. */
export interface Proxy {
  readonly port: number;
  /** Times a client spoke after the engine had. */
  readonly trips: number;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

export async function startProxy(toPort: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let trips = 0;
  let isCut = false;
  const server = createServer((client) => {
    const engine = connect(toPort, '127.0.0.1');
    const pair = [client, engine] as const;
    let isAnswered = true;
    pairs.add(pair);
    client.on('data', (bytes) => {
      if (isAnswered) trips += 1;
      isAnswered = false;
      engine.write(bytes);
    });
    engine.on('data', (bytes) => {
      isAnswered = true;
      client.write(bytes);
    });
    for (const [from, to] of [pair, [engine, client] as const]) {
      from.on('error', () => to.destroy());
      from.on('close', () => {
        to.destroy();
        pairs.delete(pair);
      });
    }
    if (isCut) for (const socket of pair) socket.pause();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get trips() {
      return trips;
    },
    cut() {
      isCut = true;
      for (const [client, engine] of pairs) {
        client.pause();
        engine.pause();
      }
    },
    heal() {
      isCut = false;
      // What was on the way through a cut network is lost with its connection.
      for (const [client, engine] of pairs) {
        client.destroy();
        engine.destroy();
      }
    },
    async close() {
      for (const [client, engine] of pairs) {
        client.destroy();
        engine.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
