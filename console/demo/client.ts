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
      if (errors?.[0] !== undefined || data === undefined) throw new Error(`${answer.status}: ${errors?.[0]?.message ?? 'no data'}`);
      return data;
    },
  };
}
