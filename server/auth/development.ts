import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { Config } from '../config.ts';

export interface DemoToken {
  readonly title: string;
  readonly token: string;
}

type Place = Pick<Config, 'mode' | 'dataFolder' | 'jwt'>;

/**
 * The secret that signs tokens of a development gateway: the configured one, else one made at the first start and kept in the data folder,
 * readable by its owner alone. Null in production, and where tokens are verified by a key set: nothing can be signed there.
 */
export async function developmentSecret(config: Place): Promise<string | null> {
  if (config.mode === 'production' || config.jwt.jwksUrl !== undefined) return null;
  if (config.jwt.secret !== undefined) return config.jwt.secret;
  const file = join(config.dataFolder, 'development-secret');
  await mkdir(config.dataFolder, { recursive: true });
  try {
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readFile(file, 'utf8');
}

/** A token for the commands that drive a development gateway: a server with every scope, or the player `ada`. Throws in production. */
export async function demoToken(config: Place, kind: 'user' | 'service', nowMs = Date.now()): Promise<string> {
  const secret = await developmentSecret(config);
  if (secret === null) throw new Error('there are demo tokens in development mode only: pass a token of your own');
  const tokens = await issueDemoTokens(secret, nowMs);
  const found = tokens[kind === 'service' ? 2 : 0];
  if (found === undefined) throw new Error('there is no such demo token');
  return found.token;
}

/** Credentials of a development gateway, valid for a day: two players, a server, and a player who may do what the server may. */
export async function issueDemoTokens(
  secret: string,
  nowMs: number,
  serviceScopes: readonly string[] = SERVICE_SCOPES,
): Promise<readonly DemoToken[]> {
  const key = new TextEncoder().encode(secret);
  const sign = (subject: string, claims: Record<string, unknown>) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(subject)
      .setIssuedAt(Math.floor(nowMs / 1000))
      .setExpirationTime(Math.floor(nowMs / 1000) + DAY_SECONDS)
      .sign(key);
  return [
    { title: 'player ada', token: await sign('ada', { kind: 'user' }) },
    { title: 'player grace', token: await sign('grace', { kind: 'user' }) },
    { title: 'game server', token: await sign('game-server', { kind: 'service', scope: serviceScopes.join(' ') }) },
    { title: 'ada with every scope, as GraphiQL sends it', token: await sign('ada', { kind: 'user', scope: serviceScopes.join(' ') }) },
  ];
}

const DAY_SECONDS = 24 * 3600;
const SERVICE_SCOPES = ['scores:write', 'scores:read', 'boards:admin', 'users:write', 'users:read'];
