import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MAIN = new URL('../../console/main.ts', import.meta.url).pathname;
const READY_MS = 60_000;

/** A gateway in a process of its own, as an operator runs it, with a data folder that outlives its kills. */
export interface GatewayProcess {
  readonly url: string;
  readonly dataFolder: string;
  /** Everything it printed. */
  readonly output: () => string;
  start(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Stops it and removes its data. */
  dispose(): Promise<void>;
}

/** Prepares a gateway on a free port; `start` starts it, again and again on the same data. */
export async function gatewayProcess(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
  const port = await freePort();
  const dataFolder = mkdtempSync(join(tmpdir(), 'portico-gateway-'));
  // The embedded server's user must be able to enter it, so that the cluster lies here and goes with it.
  chmodSync(dataFolder, 0o755);
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  let printed = '';
  const gone = (process: ChildProcess) =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve(process.exitCode)
      : new Promise<number | null>((resolve) => {
          process.once('exit', (code) => resolve(code));
        });
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    if (child === undefined) return null;
    const ending = child;
    child = undefined;
    ending.kill(signal);
    return gone(ending);
  };
  return {
    url,
    dataFolder,
    output: () => printed,
    async start() {
      child = spawn(process.execPath, [MAIN, 'start'], {
        env: { ...process.env, NODE_ENV: 'development', LOG_LEVEL: 'warn', PORT: String(port), PORTICO_DATA: dataFolder, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (printed = (printed + chunk.toString()).slice(-100_000)));
      await ready(url, child, () => printed);
    },
    kill9: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    async dispose() {
      await end('SIGTERM');
      rmSync(dataFolder, { recursive: true, force: true });
    },
  };
}

async function ready(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the gateway ended while starting:\n${printed()}`);
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the gateway was not ready within ${READY_MS} ms:\n${printed()}`);
}

/** A port below the ephemeral range, so that no outgoing connection takes it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer().once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
