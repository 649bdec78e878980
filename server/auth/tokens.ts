import { createLocalJWKSet, createRemoteJWKSet, errors, type JSONWebKeySet, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Clock } from '../../plugins/kernel/index.ts';
import type { Authentication } from './authenticate.ts';

/** Where the keys come from, exactly one of three, and what a token must say. */
export interface TokenSettings {
  /** HS256: 32 bytes at least. */
  readonly secret?: string;
  readonly jwksUrl?: URL;
  readonly jwks?: JSONWebKeySet;
  readonly issuer?: string;
  readonly audience?: string;
}

export interface Tokens {
  /** Never rejects: a key set that cannot be fetched is a refusal that says so. */
  verify(token: string): Promise<Authentication>;
}

/** Public keys are asked of the network at most this often when a token names an unknown one. */
const JWKS_COOLDOWN_MS = 30_000;
const JWKS_TIMEOUT_MS = 5_000;
const SECRET_BYTES_MIN = 32;
const SCOPES_MAX = 200;
/** As OpenID Connect Core 1.0 §2 bounds `sub`. */
const SUBJECT_LENGTH_MAX = 255;

/**
 * Claims: `sub` (needed) is the viewer's id, `exp` when it ends, `scope` (text with spaces) or `scopes` (list) what it may.
 * `kind: "service"`, or `gty: "client-credentials"`, or `client_id` equal to `sub` makes it a service.
 */
export function createTokens(settings: TokenSettings, clock: Clock): Tokens {
  const check = checker(settings);
  const rules: JWTVerifyOptions = {
    requiredClaims: ['sub'],
    ...(settings.issuer !== undefined && { issuer: settings.issuer }),
    ...(settings.audience !== undefined && { audience: settings.audience }),
  };
  return {
    async verify(token) {
      try {
        const { payload } = await check(token, { ...rules, currentDate: new Date(clock.now()) });
        return viewerOf(payload);
      } catch (error) {
        return { ok: false, reason: reasonFor(error) };
      }
    },
  };
}

type Check = (token: string, rules: JWTVerifyOptions) => Promise<{ readonly payload: JWTPayload }>;

function checker({ secret, jwksUrl, jwks }: TokenSettings): Check {
  if ([secret, jwksUrl, jwks].filter((each) => each !== undefined).length !== 1) {
    throw new Error('tokens need exactly one of a secret, a JWKS URL and a JWKS');
  }
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret);
    if (key.byteLength < SECRET_BYTES_MIN) throw new Error(`the token secret must have ${SECRET_BYTES_MIN} bytes at least`);
    return (token, rules) => jwtVerify(token, key, { ...rules, algorithms: ['HS256'] });
  }
  const keys =
    jwksUrl === undefined
      ? createLocalJWKSet(jwks ?? { keys: [] })
      : createRemoteJWKSet(jwksUrl, { cooldownDuration: JWKS_COOLDOWN_MS, timeoutDuration: JWKS_TIMEOUT_MS });
  return (token, rules) => jwtVerify(token, keys, { ...rules, algorithms: PUBLIC_KEY_ALGORITHMS });
}

/** Signatures only: with a key set, a token signed by a shared secret is a forgery. */
const PUBLIC_KEY_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

function viewerOf(payload: JWTPayload): Authentication {
  const id: unknown = payload.sub;
  if (!isSubject(id)) return { ok: false, reason: `the subject of the token is no text of 1 to ${SUBJECT_LENGTH_MAX} characters` };
  const scopes = scopesOf(payload);
  if (scopes === undefined) return { ok: false, reason: 'the scopes of the token are no list of texts' };
  const isService = payload['kind'] === 'service' || payload['gty'] === 'client-credentials' || payload['client_id'] === id;
  const expiresAtMs = payload.exp === undefined ? null : payload.exp * 1000;
  return { ok: true, viewer: { kind: isService ? 'service' : 'user', id, scopes, expiresAtMs } };
}

/** It becomes part of keys in every store, which take neither control characters nor half of a surrogate pair. */
const isSubject = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= SUBJECT_LENGTH_MAX && value.isWellFormed() && !/\p{Cc}/u.test(value);

function scopesOf(payload: JWTPayload): ReadonlySet<string> | undefined {
  const named = payload['scopes'] ?? payload['scope'] ?? [];
  const list: unknown = typeof named === 'string' ? named.split(' ').filter((name) => name !== '') : named;
  const isList = Array.isArray(list) && list.length <= SCOPES_MAX && list.every((name) => typeof name === 'string');
  return isList ? new Set<string>(list) : undefined;
}

/** Words for the client: which rule the token broke, never what is in it. */
function reasonFor(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the token's claim "${error.claim}" is not what this gateway asks for`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return "the token's signature is wrong";
  if (error instanceof errors.JWKSNoMatchingKey) return "the token's key is unknown";
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not allowed";
  if (error instanceof errors.JWKSTimeout) return 'the keys could not be fetched';
  return error instanceof errors.JOSEError ? 'the token is malformed' : 'the token could not be verified';
}
