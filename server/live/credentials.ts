import type { Viewer } from '../../plugins/kernel/index.ts';

export type CredentialHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Who a credential stands for; anonymous without one. Rejects when there is one and it is bad. */
export type Authenticate = (headers: CredentialHeaders) => Promise<Viewer>;

/**
 * The credential of a socket as headers: those of its upgrade, or instead of them the `connection_init` payload, in which `authorization`
 * and `x-api-key` (any case, at the top or under `headers`) mean what the headers mean, `token` a bearer token and `apiKey` a key.
 */
export function credentialHeaders(upgrade: CredentialHeaders, params: Readonly<Record<string, unknown>> | undefined): CredentialHeaders {
  const own: Record<string, string> = {};
  const nested = params?.['headers'];
  const given = { ...params, ...(typeof nested === 'object' ? nested : undefined) };
  for (const [name, value] of Object.entries(given)) {
    if (typeof value !== 'string' || value === '') continue;
    const header = name.toLowerCase();
    if (header === 'authorization' || header === 'x-api-key') own[header] = value;
    else if (name === 'token') own['authorization'] = `Bearer ${value}`;
    else if (name === 'apiKey') own['x-api-key'] = value;
  }
  if (Object.keys(own).length === 0) return upgrade;
  const { authorization: _authorization, 'x-api-key': _apiKey, ...rest } = upgrade;
  return { ...rest, ...own };
}
