import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { SignJWT } from 'jose';
import { load } from './gateway/load.ts';
import { ANSWER, BODY, peerVersion, SECRET } from './gateway/operation.ts';

/** The same ten rows through each server, in interleaved rounds; the median of each. Portico verifies a JWT, counts, limits and measures. */
const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = 3;
const CONNECTIONS = 50;

interface Contender {
  readonly name: string;
  readonly title: string;
  readonly process: ChildProcess;
  readonly port: number;
  readonly rounds: Round[];
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMb: number;
}

const titles: Readonly<Record<string, string>> = {
  raw: 'raw node:http, parses and stringifies',
  portico: 'Portico, auth, limits, rate and metrics on',
  mercurius: `Mercurius ${peerVersion('mercurius')}, jit 1`,
  yoga: 'graphql-yoga as it comes',
  apollo: `@apollo/server ${peerVersion('@apollo/server')}`,
};

const token = await new SignJWT({ scope: 'scores:read' })
  .setProtectedHeader({ alg: 'HS256' })
  .setSubject('ada')
  .setExpirationTime('1h')
  .sign(new TextEncoder().encode(SECRET));
const headers = { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` };

const names = (process.argv[3] ?? Object.keys(titles).join(',')).split(',');
const contenders = await Promise.all(names.map(start));
try {
  for (const each of contenders) await measure(each, 2);
  for (let round = 0; round < ROUNDS; round += 1) for (const each of contenders) each.rounds.push(await measure(each, SECONDS));
  print(contenders);
} finally {
  for (const each of contenders) each.process.kill('SIGTERM');
}

async function start(name: string): Promise<Contender> {
  const script = fileURLToPath(new URL('./gateway/serve.ts', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, script, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { name, title: titles[name] ?? name, process: child, port: Number(line.toString()), rounds: [] };
}

async function usage(child: ChildProcess): Promise<{ cpuMicros: number; rssMb: number }> {
  if (child.stdin === null || child.stdout === null) throw new Error('the server has no pipes');
  child.stdin.write('?');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [cpuMicros = 0, rssMb = 0] = line.toString().split(' ').map(Number);
  return { cpuMicros, rssMb };
}

async function measure({ process: child, port }: Contender, seconds: number): Promise<Round> {
  const before = await usage(child);
  const result = await load({ port, connections: CONNECTIONS, seconds, body: BODY, headers, expect: ANSWER });
  const after = await usage(child);
  return {
    perSecond: result.requests / result.seconds,
    cpuMicros: (after.cpuMicros - before.cpuMicros) / result.requests,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    rssMb: after.rssMb,
  };
}

function print(all: readonly Contender[]): void {
  const median = (each: Contender, of: (round: Round) => number): number =>
    each.rounds.map(of).toSorted((a, b) => a - b)[Math.floor(each.rounds.length / 2)] ?? 0;
  const base = all.find((each) => each.name === 'raw') ?? all[0];
  console.log(
    `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${CONNECTIONS} connections, median of ${ROUNDS} interleaved rounds of ${SECONDS} s`,
  );
  console.table(
    all.map((each) => ({
      server: each.title,
      'req/s': Math.round(median(each, (round) => round.perSecond)),
      '× raw': Number(
        (median(each, (round) => round.perSecond) / (base === undefined ? 1 : median(base, (round) => round.perSecond))).toFixed(2),
      ),
      'CPU µs/req': Math.round(median(each, (round) => round.cpuMicros)),
      'raw CPU ÷ CPU': Number(
        ((base === undefined ? 1 : median(base, (round) => round.cpuMicros)) / median(each, (round) => round.cpuMicros)).toFixed(2),
      ),
      'p50 ms': Number(median(each, (round) => round.p50Ms).toFixed(1)),
      'p99 ms': Number(median(each, (round) => round.p99Ms).toFixed(1)),
      'RSS MB': median(each, (round) => round.rssMb),
    })),
  );
}
