import { z } from 'zod';
import { LIMITS, type Limits } from './limits.ts';

const DEVELOPMENT = 'development';
/** `test` is what test runners set; it means development. */
const MODES: readonly string[] = [DEVELOPMENT, 'test', 'production'];
const API_KEY = /^([A-Za-z0-9_.-]{1,64}):([0-9a-f]{64}):([a-z0-9:_-]+(?:\+[a-z0-9:_-]+)*)$/;

/** A server credential: the key itself is never kept, only its SHA-256. */
export interface ApiKey {
  readonly id: string;
  readonly sha256: string;
  readonly scopes: readonly string[];
}

/** Everything the environment decides, checked. The one place that reads `process.env`. */
export interface Config {
  readonly mode: 'development' | 'production';
  readonly host: string;
  readonly port: number;
  /** Folder of the embedded engines and of the development secret. */
  readonly dataFolder: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly jwt: { readonly secret?: string; readonly jwksUrl?: string; readonly issuer?: string; readonly audience?: string };
  readonly apiKeys: readonly ApiKey[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly corsOrigins: readonly string[];
  readonly trustProxy: boolean;
  readonly introspection: boolean;
  readonly graphiql: boolean;
  readonly persistedOnly: boolean;
  readonly limits: Limits;
}

/** What is wrong with the environment: every problem, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const flag = (fallback: boolean) =>
  z
    .enum(['true', 'false', '1', '0'])
    .transform((text) => text === 'true' || text === '1')
    .default(fallback);
const words = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  );
const url = (protocols: RegExp, example: string) => z.url({ protocol: protocols, error: `must be a URL such as ${example}` }).optional();

const schemaFor = (isDevelopment: boolean) =>
  z.object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
    PORTICO_DATA: z.string().min(1).default('./data'),
    DATABASE_URL: url(/^postgres(ql)?$/, 'postgres://user:password@host:5432/name'),
    REDIS_URL: url(/^(rediss?|redis\+cluster)$/, 'redis://host:6379'),
    JWT_SECRET: z.string().min(32, 'must be at least 32 characters').optional(),
    JWKS_URL: url(/^https?$/, 'https://issuer/.well-known/jwks.json'),
    JWT_ISSUER: z.string().optional(),
    JWT_AUDIENCE: z.string().optional(),
    API_KEYS: words.pipe(z.array(z.string().regex(API_KEY, 'must be id:sha256-hex:scope+scope, separated by commas'))),
    LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
    CORS_ORIGINS: words,
    TRUST_PROXY: flag(false),
    INTROSPECTION: flag(isDevelopment),
    GRAPHIQL: flag(isDevelopment),
    PERSISTED_ONLY: flag(false),
  });

/** Reads and checks the environment. Throws one `ConfigError` with all problems. In production a real secret is required. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const mode = (env['NODE_ENV'] ?? DEVELOPMENT) === 'production' ? 'production' : 'development';
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = schemaFor(mode === 'development').safeParse(given);
  const { limits, problems: limitProblems } = readLimits(given);
  const problems = [
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path[0]?.toString() ?? ''}: ${issue.message}`)),
    ...limitProblems,
  ];
  const named = given['NODE_ENV'];
  if (named !== undefined && !MODES.includes(named)) problems.push(`NODE_ENV: must be one of ${MODES.join(', ')}`);
  if (mode === 'production' && !given['JWT_SECRET'] && !given['JWKS_URL'] && !given['API_KEYS']) {
    problems.push('NODE_ENV=production needs a real credential source: set JWT_SECRET, JWKS_URL or API_KEYS');
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const e = parsed.data;
  return {
    mode,
    host: e.HOST,
    port: e.PORT,
    dataFolder: e.PORTICO_DATA,
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    jwt: {
      ...(e.JWT_SECRET && { secret: e.JWT_SECRET }),
      ...(e.JWKS_URL && { jwksUrl: e.JWKS_URL }),
      ...(e.JWT_ISSUER && { issuer: e.JWT_ISSUER }),
      ...(e.JWT_AUDIENCE && { audience: e.JWT_AUDIENCE }),
    },
    apiKeys: e.API_KEYS.map(parseApiKey),
    logLevel: e.LOG_LEVEL,
    corsOrigins: e.CORS_ORIGINS,
    trustProxy: e.TRUST_PROXY,
    introspection: e.INTROSPECTION,
    graphiql: e.GRAPHIQL,
    persistedOnly: e.PERSISTED_ONLY,
    limits,
  };
}

function parseApiKey(text: string): ApiKey {
  const [, id = '', sha256 = '', scopes = ''] = API_KEY.exec(text) ?? [];
  return { id, sha256, scopes: scopes.split('+') };
}

/** `bodyBytes` is set by `PORTICO_LIMIT_BODY_BYTES`. */
function readLimits(env: Readonly<Record<string, string | undefined>>): { limits: Limits; problems: string[] } {
  const problems: string[] = [];
  const known = new Map(
    Object.keys(LIMITS).map((name) => [`PORTICO_LIMIT_${name.replaceAll(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`, name]),
  );
  const limits: Record<string, number> = { ...LIMITS };
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('PORTICO_LIMIT_')) continue;
    const name = known.get(variable);
    const value = Number(text);
    if (name === undefined) problems.push(`${variable}: there is no such limit; known are ${[...known.keys()].join(', ')}`);
    else if (!Number.isSafeInteger(value) || value < 1) problems.push(`${variable}: must be a whole number from 1`);
    else limits[name] = value;
  }
  return { limits: limits as Limits, problems };
}
