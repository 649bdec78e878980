import { ANONYMOUS, type Clock, type Viewer } from '../../plugins/kernel/index.ts';
import { type ApiKey, createApiKeys } from './api-keys.ts';
import { createTokens, type TokenSettings } from './tokens.ts';
import { VerifiedTokens } from './verified-tokens.ts';

/** Headers of a request, or the connection parameters of a socket: names in lower case. */
export type Credentials = Readonly<Record<string, unknown>>;

export type Authentication = { readonly ok: true; readonly viewer: Viewer } | { readonly ok: false; readonly reason: string };

export interface Authenticator {
  /**
   * Who sends these headers: `authorization: Bearer <JWT>` or `x-api-key`. Neither: anonymous. A bad one is refused, never anonymous.
   * Sync for a token that was verified before. Both at once are refused, since they may name two viewers.
   */
  authenticate(credentials: Credentials): Authentication | Promise<Authentication>;
  /** The same for whoever wants the viewer or an error: rejects with the reason. */
  identify(credentials: Credentials): Promise<Viewer>;
}

export interface AuthSettings {
  readonly clock: Clock;
  readonly tokens?: TokenSettings;
  readonly apiKeys?: readonly ApiKey[];
  /** Verified tokens kept. */
  readonly verifiedMax?: number;
}

const VERIFIED_MAX = 10_000;
/** Characters of a credential: longer ones are refused unread. */
const CREDENTIAL_CHARS_MAX = 8_192;

export function createAuthenticator(settings: AuthSettings): Authenticator {
  const { clock } = settings;
  const tokens = settings.tokens === undefined ? undefined : createTokens(settings.tokens, clock);
  const apiKeys = createApiKeys(settings.apiKeys ?? []);
  const verified = new VerifiedTokens(settings.verifiedMax ?? VERIFIED_MAX);

  const byToken = (header: string): Authentication | Promise<Authentication> => {
    const token = /^bearer +(\S+) *$/i.exec(header)?.[1];
    if (token === undefined) return refuse('the Authorization header must be `Bearer <token>`');
    if (tokens === undefined) return refuse('this gateway takes no tokens');
    return tokens.verify(token).then((outcome) => {
      if (outcome.ok) verified.put(header, outcome);
      return outcome;
    });
  };

  const authenticate = (credentials: Credentials): Authentication | Promise<Authentication> => {
    const authorization = credentials['authorization'];
    const apiKey = credentials['x-api-key'];
    if (authorization === undefined && apiKey === undefined) return ANONYMOUS_OUTCOME;
    if (authorization !== undefined && apiKey !== undefined) return refuse('send Authorization or X-API-Key, not both');
    const credential = authorization ?? apiKey;
    if (typeof credential !== 'string' || credential.length > CREDENTIAL_CHARS_MAX) return refuse('the credential is no text, or too long');
    if (authorization === undefined) return apiKeys.find(credential) ?? refuse('the API key is unknown');
    return verified.get(credential, clock.now()) ?? byToken(credential);
  };

  return {
    authenticate,
    async identify(credentials) {
      const outcome = await authenticate(credentials);
      if (!outcome.ok) throw new Error(outcome.reason);
      return outcome.viewer;
    },
  };
}

const ANONYMOUS_OUTCOME: Authentication = { ok: true, viewer: ANONYMOUS };

const refuse = (reason: string): Authentication => ({ ok: false, reason });
