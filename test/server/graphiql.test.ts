import { existsSync, mkdtempSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGraphiqlHandler } from '../../server/graphiql/handler.ts';
import { createLive } from '../../server/live/live.ts';
import { serviceOrSkip } from '../services/require.ts';
import { clock, noMeter, testGateway } from './gateway.ts';
import { createTicker, liveSchema, until } from './live/rig.ts';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const ticker = createTicker();
let gateway: Awaited<ReturnType<typeof testGateway>>;
let stop: () => Promise<void>;

beforeAll(async () => {
  const graphiql = createGraphiqlHandler({
    examples: [
      { title: 'Say hello', operation: 'query Hello { hello numbers me }' },
      {
        title: 'Ticks as they come',
        operation: 'subscription Ticks($room: String) { own(room: $room) { n reader } }',
        variables: { room: 'lobby' },
      },
    ],
    defaultHeaders: { authorization: 'Bearer to-be-replaced' },
  });
  gateway = await testGateway({ schema: liveSchema(ticker, { executions: 0, batches: [] }), http: { graphiql } });
  const live = createLive({
    pipeline: gateway.pipeline,
    limits: gateway.limits,
    log: gateway.log,
    meter: noMeter,
    clock,
    authenticate: async (headers) => ({ kind: 'user', id: String(headers['authorization']), scopes: new Set(), expiresAtMs: null }),
  });
  live.attach(gateway.http.server);
  stop = async () => {
    await live.drain({ deadlineMs: 500 });
    await gateway.close();
  };
});
afterAll(() => stop());

/** Without fetch, which decodes by itself. */
const get = (headers: Record<string, string>) =>
  new Promise<{ status: number | undefined; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    request(`${gateway.url}/graphql`, { headers: { accept: 'text/html', ...headers } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    })
      .on('error', reject)
      .end();
  });

describe('the GraphiQL page over HTTP', () => {
  test('is the same bytes as brotli, gzip and plain, each with an ETag of its own, and 304 for who has it', async () => {
    const plain = await get({});
    const gzip = await get({ 'accept-encoding': 'gzip' });
    const brotli = await get({ 'accept-encoding': 'gzip, br' });
    expect([plain.status, gzip.status, brotli.status]).toEqual([200, 200, 200]);
    expect([gzip.headers['content-encoding'], brotli.headers['content-encoding']]).toEqual(['gzip', 'br']);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect(brotli.body.length).toBeLessThan(gzip.body.length);
    expect(new Set([plain, gzip, brotli].map(({ headers }) => headers['etag'])).size).toBe(3);
    const again = await get({ 'accept-encoding': 'gzip, br', 'if-none-match': String(brotli.headers['etag']) });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect((await get({ 'accept-encoding': 'br;q=0, gzip' })).headers['content-encoding']).toBe('gzip');
  });

  test('allows no script but its own, no frame, and no other origin', async () => {
    const policy = String((await get({ 'accept-encoding': 'br' })).headers['content-security-policy']);
    expect(policy).toMatch(/script-src 'sha256-[\w+/=]+' blob:/);
    expect(policy).toContain("connect-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('http');
  });
});

const suite = serviceOrSkip('Chromium', existsSync(CHROMIUM), 'apt-get install chromium');

suite('the GraphiQL page in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  afterAll(() => browser.close());

  test('asks nothing of other origins, runs a query, and streams a subscription with the credential of its header editor', async () => {
    const page = await browser.newPage({ viewport: { width: 1400, height: 860 } });
    const asked: string[] = [];
    const faults: string[] = [];
    const credentials: (string | undefined)[] = [];
    page.on('request', (each) => {
      asked.push(each.url());
      if (each.postData()?.includes('query Hello')) credentials.push(each.headers()['authorization']);
    });
    page.on('websocket', (each) => asked.push(each.url()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.goto(`${gateway.url}/graphql`);
    const tabs = page.locator('.graphiql-tab');
    await tabs.nth(1).waitFor();
    expect(await tabs.allInnerTexts()).toEqual(['Hello', 'Ticks']);
    await page.waitForSelector('.graphiql-execute-button');
    const result = page.locator('.result-window');
    const typed = async (text: string) => {
      await page.getByRole('button', { name: 'Headers', exact: true }).click();
      await page.locator('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      await page.keyboard.insertText(text);
    };

    await typed(JSON.stringify({ authorization: `Bearer ${gateway.token}` }));
    await page.locator('.graphiql-execute-button').click();
    await result.getByText('"world"').waitFor();
    expect(credentials).toEqual([`Bearer ${gateway.token}`]);

    await tabs.nth(1).locator('button').first().click();
    await typed(JSON.stringify({ authorization: 'Bearer of-the-editor' }));
    await page.locator('.graphiql-execute-button').click();
    await until(() => ticker.listeners.size > 0, 'the subscription');
    ticker.push(3);
    await result.getByText('Bearer of-the-editor').waitFor();
    await result.locator('.view-line', { hasText: '"n": 3' }).waitFor();

    const folder = mkdtempSync(join(tmpdir(), 'portico-graphiql-'));
    const picture = join(folder, 'graphiql.png');
    await page.screenshot({ path: picture });
    console.info(`screenshot: ${picture}`);
    const origin = new URL(gateway.url).host;
    const elsewhere = asked.filter((url) => !/^(blob|data):/.test(url) && new URL(url).host !== origin);
    expect(elsewhere).toEqual([]);
    expect(asked.some((url) => url.startsWith('ws:'))).toBe(true);
    // The page asks for the schema again with the second credential, which only the sockets of this test know.
    expect(faults.filter((fault) => !fault.includes('401'))).toEqual([]);
    await page.close();
    await until(() => ticker.listeners.size === 0, 'the subscription to end with the page');
  });
});
