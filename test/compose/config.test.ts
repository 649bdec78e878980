import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../server/config.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('configuration by environment', () => {
  it('needs nothing in development', () => {
    expect(readConfig({})).toMatchObject({
      mode: 'development',
      host: '127.0.0.1',
      port: 4000,
      databaseUrl: undefined,
      introspection: true,
    });
  });

  it('tells every problem at once, naming the variable', () => {
    const problems = problemsOf({
      PORT: 'soup',
      DATABASE_URL: 'http://x',
      JWT_SECRET: 'short',
      PORTICO_LIMIT_DEPTH: '-1',
      PORTICO_LIMIT_SOUP: '1',
    });
    for (const name of ['PORT', 'DATABASE_URL', 'JWT_SECRET', 'PORTICO_LIMIT_DEPTH', 'PORTICO_LIMIT_SOUP']) {
      expect(
        problems.some((problem) => problem.startsWith(`${name}:`)),
        name,
      ).toBe(true);
    }
  });

  it('takes no other word for the mode', () => {
    expect(problemsOf({ NODE_ENV: 'prod' })).toEqual(['NODE_ENV: must be one of development, test, production']);
  });

  it('refuses production without a real credential source', () => {
    expect(problemsOf({ NODE_ENV: 'production' }).join()).toContain('JWT_SECRET, JWKS_URL or API_KEYS');
    expect(readConfig({ NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) })).toMatchObject({ graphiql: false, introspection: false });
  });

  it('reads limits and API keys', () => {
    const sha256 = 'ab'.repeat(32);
    const config = readConfig({ PORTICO_LIMIT_BODY_BYTES: '1000', API_KEYS: `game:${sha256}:scores:write+users:write` });
    expect(config.limits.bodyBytes).toBe(1000);
    expect(config.apiKeys).toEqual([{ id: 'game', sha256, scopes: ['scores:write', 'users:write'] }]);
  });
});
