// The peers are installed by `npm run bench` alone, so the checks of a fresh clone know only what is asked of them.
declare module 'fastify' {
  export default function fastify(): {
    readonly server: { address(): unknown };
    register(plugin: unknown, options: object): Promise<unknown>;
    listen(options: object): Promise<string>;
  };
}
declare module 'mercurius' {
  const mercurius: unknown;
  export default mercurius;
}
declare module '@apollo/server' {
  export class ApolloServer {
    constructor(options: object);
  }
}
declare module '@apollo/server/standalone' {
  export function startStandaloneServer(server: unknown, options: object): Promise<{ url: string }>;
}
