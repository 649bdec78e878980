import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Crowd, gather } from './fan-out/crowd.ts';

/**
 * One feed, 1,000 subscribers, the server in a process of its own. `one by one`: the next event when all have the last but one. `bursts`: the
 * same with ten events a tick. `paced`: ten events a second; how long until the last subscriber has one. Interleaved rounds, medians.
 */
const SUBSCRIBERS = 1_000;
const ROUNDS = Number(process.argv[2] ?? 3);
const SECONDS = 2;
const BURST = 10;
/** Rounds under way at once, so that neither side waits for the other's turn. */
const WINDOW = 2;

const titles: Readonly<Record<string, string>> = {
  raw: 'raw: ws.send of the same bytes',
  portico: 'Portico, limits and metrics on',
  plain: 'graphql-ws as documented',
};

interface Contender {
  readonly name: string;
  readonly child: ChildProcess;
  readonly crowd: Crowd;
  readonly figures: Record<'single' | 'burst' | 'paced', Figure[]>;
}

interface Figure {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly lastMs: number;
  readonly rssMb: number;
}

const contenders: Contender[] = [];
try {
  for (const name of Object.keys(titles)) contenders.push(await start(name));
  for (const each of contenders) await flood(each, 1, 1_000);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const each of contenders) {
      each.figures.single.push(await flood(each, 1, SECONDS * 1_000));
      each.figures.burst.push(await flood(each, BURST, SECONDS * 1_000));
      each.figures.paced.push(await pace(each));
    }
  }
  print();
} finally {
  for (const { child, crowd } of contenders) {
    crowd.close();
    child.kill('SIGTERM');
  }
}

async function start(name: string): Promise<Contender> {
  const script = fileURLToPath(new URL('./fan-out/serve.ts', import.meta.url));
  const child = spawn(process.execPath, [script, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const crowd = await gather(Number(line.toString()), SUBSCRIBERS, (count) => push(child, count));
  return { name, child, crowd, figures: { single: [], burst: [], paced: [] } };
}

function push(child: ChildProcess, count: number): void {
  child.stdin?.write(`push ${count}\n`);
}

async function usage(child: ChildProcess): Promise<{ cpuMicros: number; rssMb: number }> {
  if (child.stdin === null || child.stdout === null) throw new Error('the server has no pipes');
  child.stdin.write('?\n');
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const [cpuMicros = 0, rssMb = 0] = line.toString().split(' ').map(Number);
  return { cpuMicros, rssMb };
}

async function flood({ child, crowd }: Contender, burst: number, forMs: number): Promise<Figure> {
  const before = await usage(child);
  const startedMs = performance.now();
  let rounds = 0;
  for (; rounds < WINDOW; rounds += 1) push(child, burst);
  for (; performance.now() - startedMs < forMs; rounds += 1) {
    await crowd.received(burst);
    push(child, burst);
  }
  await crowd.received(burst * WINDOW);
  return figure(child, before, rounds * burst * SUBSCRIBERS, performance.now() - startedMs, 0);
}

async function pace({ child, crowd }: Contender): Promise<Figure> {
  const before = await usage(child);
  const startedMs = performance.now();
  const lasts: number[] = [];
  while (performance.now() - startedMs < SECONDS * 1_000) {
    const pushedMs = performance.now();
    push(child, 1);
    await crowd.received(1);
    lasts.push(performance.now() - pushedMs);
    await sleep(Math.max(0, 100 - (performance.now() - pushedMs)));
  }
  return figure(child, before, lasts.length * SUBSCRIBERS, performance.now() - startedMs, median(lasts));
}

async function figure(
  child: ChildProcess,
  before: { cpuMicros: number },
  messages: number,
  tookMs: number,
  lastMs: number,
): Promise<Figure> {
  const after = await usage(child);
  return { perSecond: (messages / tookMs) * 1_000, cpuMicros: (after.cpuMicros - before.cpuMicros) / messages, lastMs, rssMb: after.rssMb };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function print(): void {
  const of = (name: string, mode: keyof Contender['figures'], what: keyof Figure) =>
    median((contenders.find((each) => each.name === name)?.figures[mode] ?? []).map((each) => each[what]));
  const bytes = contenders.map(({ crowd }) => crowd.messageBytes);
  console.log(
    `${SUBSCRIBERS} subscribers of one feed, ${bytes.join('/')} bytes a message; ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  );
  const modes = { single: 'one by one', burst: `bursts of ${BURST}`, paced: 'paced, 10/s' } as const;
  for (const mode of ['single', 'burst', 'paced'] as const) {
    console.log(`\n${modes[mode]}`);
    console.log(
      `${''.padEnd(34)}${['messages/s', '× raw', '× plain', 'CPU µs', 'last ms', 'MB'].map((head) => head.padStart(11)).join('')}`,
    );
    for (const [name, title] of Object.entries(titles)) {
      const rate = of(name, mode, 'perSecond');
      const cells = [
        Math.round(rate).toLocaleString('en'),
        (rate / of('raw', mode, 'perSecond')).toFixed(2),
        (rate / of('plain', mode, 'perSecond')).toFixed(2),
        of(name, mode, 'cpuMicros').toFixed(2),
        mode === 'paced' ? of(name, mode, 'lastMs').toFixed(1) : '',
        of(name, mode, 'rssMb').toFixed(0),
      ];
      console.log(`${title.padEnd(34)}${cells.map((cell) => cell.padStart(11)).join('')}`);
    }
  }
}
