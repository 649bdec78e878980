import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authentication, createAuthenticator } from '../../server/auth/authenticate.ts';
import { API_KEY, clock, SECRET, testGateway } from './gateway.ts';

const key = new TextEncoder().encode(SECRET);
const soon = () => Math.floor(clock.now() / 1000) + 60;
const sign = (claims: Record<string, unknown>, alg = 'HS256', by: Uint8Array = key) =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(by);

let gateway: Awaited<ReturnType<typeof testGateway>>;
beforeAll(async () => {
  gateway = await testGateway();
});
afterAll(() => gateway.close());

const ask = async (headers: Record<string, string>) => {
  const response = await gateway.post({ query: '{ me }' }, headers);
  return {
    status: response.status,
    body: (await response.json()) as { data?: { me: string } | null; errors?: { extensions: { code: string } }[] },
  };
};

test('a good token is its subject, and stays so when it comes again', async () => {
  for (let round = 0; round < 3; round += 1) {
    expect((await ask({ authorization: `Bearer ${gateway.token}` })).body.data).toEqual({ me: 'ada' });
  }
});

test('an API key is a service with its scopes', async () => {
  expect((await ask({ 'x-api-key': API_KEY })).body.data).toEqual({ me: 'ingest' });
  const outcome = await gateway.authenticator.authenticate({ 'x-api-key': API_KEY });
  expect(outcome).toEqual({ ok: true, viewer: { kind: 'service', id: 'ingest', scopes: new Set(['scores:write']), expiresAtMs: null } });
});

test('no credential is anonymous', async () => {
  const { status, body } = await ask({});
  expect(status).toBe(200);
  expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
});

const bad: readonly (readonly [string, () => Promise<Record<string, string>>])[] = [
  ['a token that is none', async () => ({ authorization: 'Bearer nonsense' })],
  ['another scheme', async () => ({ authorization: 'Basic dTpw' })],
  ['an empty bearer', async () => ({ authorization: 'Bearer ' })],
  [
    'another secret',
    async () => ({
      authorization: `Bearer ${await sign({ sub: 'ada' }, 'HS256', new TextEncoder().encode('another secret of thirty-two bytes'))}`,
    }),
  ],
  ['a token that has expired', async () => ({ authorization: `Bearer ${await sign({ sub: 'ada', exp: soon() - 120 })}` })],
  ['a token that is not valid yet', async () => ({ authorization: `Bearer ${await sign({ sub: 'ada', nbf: soon() })}` })],
  ['a token without a subject', async () => ({ authorization: `Bearer ${await sign({ scope: 'x' })}` })],
  ['an empty subject', async () => ({ authorization: `Bearer ${await sign({ sub: '' })}` })],
  ['a subject with a control character', async () => ({ authorization: `Bearer ${await sign({ sub: 'ada\0' })}` })],
  ['a subject that is too long', async () => ({ authorization: `Bearer ${await sign({ sub: 'a'.repeat(256) })}` })],
  ['scopes that are no texts', async () => ({ authorization: `Bearer ${await sign({ sub: 'ada', scopes: [1] })}` })],
  ['an unsigned token', async () => ({ authorization: `Bearer ${new UnsecuredJWT({ sub: 'ada' }).encode()}` })],
  [
    'another algorithm',
    async () => ({ authorization: `Bearer ${await sign({ sub: 'ada' }, 'HS512', new TextEncoder().encode(SECRET.repeat(2)))}` }),
  ],
  ['an unknown API key', async () => ({ 'x-api-key': 'wrong' })],
  ['two credentials', async () => ({ 'x-api-key': API_KEY, authorization: `Bearer ${gateway.token}` })],
];

test.each(bad)('%s is 401 and never anonymous', async (_title, headers) => {
  const sent = await headers();
  const { status, body } = await ask(sent);
  expect(status).toBe(401);
  expect(body.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(body.data).toBeUndefined();
});

test('a token is refused from the moment it expires, although it was verified before', async () => {
  let nowMs = Date.UTC(2026, 0, 1);
  const authenticator = createAuthenticator({ clock: { ...clock, now: () => nowMs }, tokens: { secret: SECRET } });
  const token = await sign({ sub: 'ada', exp: nowMs / 1000 + 10 });
  const ask = async (): Promise<Authentication> => authenticator.authenticate({ authorization: `Bearer ${token}` });
  const first = await ask();
  expect(first.ok && first.viewer.expiresAtMs).toBe(nowMs + 10_000);
  nowMs += 9_000;
  expect((await ask()).ok).toBe(true);
  expect((await ask()).ok).toBe(true);
  nowMs += 1_000;
  expect((await ask()).ok).toBe(false);
});

test('claims make a user or a service, with scopes as text or list', async () => {
  const authenticator = createAuthenticator({ clock, tokens: { secret: SECRET, issuer: 'us', audience: 'portico' } });
  const ask = async (claims: Record<string, unknown>) => authenticator.authenticate({ authorization: `Bearer ${await sign(claims)}` });
  const base = { sub: 'srv', iss: 'us', aud: 'portico' };
  expect(await ask({ ...base, scope: 'a:read b:write' })).toMatchObject({
    viewer: { kind: 'user', scopes: new Set(['a:read', 'b:write']) },
  });
  expect(await ask({ ...base, scopes: ['a:read'], kind: 'service' })).toMatchObject({
    viewer: { kind: 'service', scopes: new Set(['a:read']) },
  });
  expect(await ask({ ...base, client_id: 'srv' })).toMatchObject({ viewer: { kind: 'service' } });
  expect((await ask({ ...base, iss: 'them' })).ok).toBe(false);
  expect((await ask({ ...base, aud: 'other' })).ok).toBe(false);
});

test('a key set over HTTP verifies its own tokens and refuses a shared secret made of the public key', async () => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' };
  const server = createServer((_request, response) => void response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const jwksUrl = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`);
    for (const tokens of [{ jwksUrl }, { jwks: { keys: [jwk] } }]) {
      const authenticator = createAuthenticator({ clock, tokens });
      const token = await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey);
      expect(await authenticator.authenticate({ authorization: `Bearer ${token}` })).toMatchObject({ ok: true, viewer: { id: 'ada' } });
      const forged = await new SignJWT({ sub: 'ada' })
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode(jwk.n ?? ''));
      expect((await authenticator.authenticate({ authorization: `Bearer ${forged}` })).ok).toBe(false);
    }
  } finally {
    server.close();
  }
});

test('no credential ever reaches the log', async () => {
  await gateway.post({ query: '{ broken }' }, { authorization: `Bearer ${gateway.token}` });
  await gateway.post({ query: '{ broken }' }, { 'x-api-key': 'some-wrong-key' });
  const written = JSON.stringify(gateway.log.lines);
  expect(gateway.log.lines.length).toBeGreaterThan(0);
  expect(written).not.toContain(gateway.token);
  expect(written).not.toContain('some-wrong-key');
});

test('a short secret, a digest that is none and an id twice stop the start', () => {
  expect(() => createAuthenticator({ clock, tokens: { secret: 'short' } })).toThrow('32 bytes');
  expect(() => createAuthenticator({ clock, tokens: {} })).toThrow('exactly one');
  expect(() => createAuthenticator({ clock, apiKeys: [{ id: 'a', sha256: 'xyz', scopes: [] }] })).toThrow('SHA-256');
});
