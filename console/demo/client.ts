/** The public API, as any client has it: one POST an operation. */
export interface Api {
  /** The operation's data. An answer with errors is thrown, with the first message. */
  ask<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data>;
}

export function createApi(url: string, token: string): Api {
  return {
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>) {
      const answer = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await answer.json()) as { data?: Data; errors?: readonly { readonly message: string }[] };
      if (answer.status === 401) throw new Error(`${errors?.[0]?.message ?? 'no access'} ${ANOTHER_SECRET}`);
      if (errors?.[0] !== undefined || data === undefined) throw new Error(`${answer.status}: ${errors?.[0]?.message ?? 'no data'}`);
      return data;
    },
  };
}

const ANOTHER_SECRET = 'Give the demo the PORTICO_DATA or JWT_SECRET of the gateway, or a --token.';
const WAIT_MS = 30_000;

/** Resolves when the gateway is ready; throws one sentence when nothing answers there. */
export async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  while (Date.now() < deadline) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`no gateway is ready at ${url}: start one with \`npm start\`, or name it with --url`);
}
