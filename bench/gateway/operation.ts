import { readFileSync } from 'node:fs';

/** The same rows, query and bytes for every server. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly score: number;
  readonly country: { readonly id: string; readonly code: string };
}

export const ROWS: readonly Row[] = Array.from({ length: 10 }, (_, i) => ({
  id: `player-${i}`,
  name: `Player number ${i}`,
  score: 100_000 - i,
  country: { id: `country-${i % 3}`, code: ['FR', 'JP', 'BR'][i % 3] ?? 'FR' },
}));

export const QUERY = 'query Top($first: Int!) { top(first: $first) { id name score country { id code } } }';
export const BODY = JSON.stringify({ query: QUERY, operationName: 'Top', variables: { first: 10 } });
export const ANSWER = JSON.stringify({ data: { top: ROWS } });

export const SECRET = 'the secret of the bench, 32 bytes or more';

export const TYPE_DEFS = `
  type Country { id: ID! code: String! }
  type Player { id: ID! name: String! score: Int! country: Country! }
  type Query { top(first: Int!): [Player!]! }
`;

export const RESOLVERS = { Query: { top: (_root: unknown, { first }: { first: number }) => ROWS.slice(0, first) } };

export const peerVersion = (name: string): string => {
  const manifest = JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
};
