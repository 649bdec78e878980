/**
 * The leaderboard end to end, through GraphQL, on the embedded engines: a gateway in a process of its own, a game server and a subscriber here.
 *
 *   node bench/leaderboard.bench.ts [--seconds 5] [--players 10000]
 *
 * Prints requests and score updates a second, and the times from sending a score to its acknowledgement, to the board that shows it
 * (`waitForRank`), and to the event a subscriber gets. Peak load of the requirement: 2,500 updates a second.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import WebSocket from 'ws';
import { demoToken } from '../server/auth/development.ts';
import { gatewayProcess } from '../test/services/gateway.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' }, players: { type: 'string', default: '10000' } } });
const SECONDS = Number(values.seconds);
const PLAYERS = Number(values.players);
const REQUIRED_PER_SECOND = 2_500;
const EVERY_MS = 100;
const AGENT = new Agent({ keepAlive: true });

const gateway = await gatewayProcess({ PORTICO_LIMIT_OPERATIONS_PER_MINUTE_VIEWER: '100000000' });
await gateway.start();
try {
  const token = await demoToken({ mode: 'development', dataFolder: gateway.dataFolder, jwt: {} }, 'service');
  const record = `mutation R($input: RecordMatchInput!) { recordMatch(input: $input) { __typename ... on MatchRecorded { applied } ... on Refusal { field message } } }`;
  const send: Send = async (results, waitForRank = false) => {
    const body = JSON.stringify({ query: record, variables: { input: { matchId: randomUUID(), results, waitForRank } } });
    const { data } = JSON.parse(await post(`${gateway.url}/graphql`, token, body)) as {
      data?: { recordMatch: { __typename: string; applied: boolean } };
    };
    if (data?.recordMatch.__typename !== 'MatchRecorded') throw new Error(`not recorded: ${JSON.stringify(data)}`);
    return data.recordMatch.applied;
  };

  console.log(`one gateway, embedded engines, ${PLAYERS} players, ${SECONDS} s each, Node ${process.versions.node}`);
  await flood('warming up', 64, 1, send);
  await flood('one score a request, 64 in flight', 64, 1, send);
  await flood('one score a request, 256 in flight', 256, 1, send);
  await flood('50 scores a request, 16 in flight', 16, 50, send);
  await times('sent to acknowledged, one at a time', async () => void (await send(draw(1))));
  await times('sent to shown by the board, one at a time', async () => {
    if (!(await send(draw(1), true))) throw new Error('not applied in time');
  });
  await subscriberTimes(gateway.url, send);
} finally {
  AGENT.destroy();
  await gateway.dispose();
}

type Send = (results: readonly { userId: string; points: number }[], waitForRank?: boolean) => Promise<boolean>;

/** `node:http` with kept connections: `fetch` costs the load generator several times as much. */
function post(url: string, token: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { method: 'POST', agent: AGENT, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      answer.on('end', () => resolve(text)).on('error', reject);
    });
    sent.on('error', reject).end(body);
  });
}

function draw(count: number) {
  const first = Math.floor(Math.random() * PLAYERS);
  return Array.from({ length: count }, (_, index) => ({ userId: `p${(first + index) % PLAYERS}`, points: 1 }));
}

async function flood(title: string, inFlight: number, scores: number, send: Send): Promise<void> {
  const endMs = performance.now() + SECONDS * 1000;
  const latencies: number[] = [];
  const startMs = performance.now();
  const worker = async () => {
    while (performance.now() < endMs) {
      const sentMs = performance.now();
      await send(draw(scores));
      latencies.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const perSecond = (latencies.length * scores) / ((performance.now() - startMs) / 1000);
  await send(draw(1), true);
  console.log(
    `${title.padEnd(44)}${Math.round(perSecond).toLocaleString('en').padStart(9)} updates/s   ${(perSecond / REQUIRED_PER_SECOND).toFixed(1)}x the required peak   ${quantiles(latencies)}`,
  );
}

async function times(title: string, act: () => Promise<void>): Promise<void> {
  const latencies: number[] = [];
  const endMs = performance.now() + SECONDS * 1000;
  while (performance.now() < endMs) {
    const sentMs = performance.now();
    await act();
    latencies.push(performance.now() - sentMs);
  }
  console.log(`${title.padEnd(44)}${quantiles(latencies)}`);
}

/** One player far ahead: every score of theirs shows in the top's next event, at most `EVERY_MS` later. */
async function subscriberTimes(url: string, send: Send): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await new Promise((resolve) => socket.once('open', resolve));
  let shown: (score: number) => void = () => undefined;
  const isLive = new Promise<void>((resolve) => {
    socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as {
        type: string;
        payload?: { data?: { leaderboardTop: { entries: { score: number }[] } } };
      };
      if (message.type === 'connection_ack') {
        const query = `subscription { leaderboardTop(first: 1, everyMs: ${EVERY_MS}) { entries { score } } }`;
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      }
      const score = message.payload?.data?.leaderboardTop.entries[0]?.score;
      if (score === undefined) return;
      resolve();
      shown(score);
    });
  });
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await isLive;
  let score = 1_000_000;
  await send([{ userId: 'leader', points: score }]);
  await times(`sent to a subscriber, coalesced to ${EVERY_MS} ms`, async () => {
    score += 1;
    const seen = new Promise<void>((resolve) => {
      shown = (found) => found >= score && resolve();
    });
    await send([{ userId: 'leader', points: 1 }]);
    await seen;
  });
  socket.close();
}

function quantiles(values: number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN).toFixed(1);
  return `p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  (${sorted.length})`;
}
