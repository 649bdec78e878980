import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Page, type PageOptions, renderPage } from './page.ts';

/** Takes a third of a second and 2.1 MB; the best quality takes half a minute for 1.7 MB. */
const BROTLI_QUALITY = 5;

type Encoding = 'br' | 'gzip' | 'identity';

/**
 * Serves GraphiQL from this process, without a request to anywhere else. The first request renders the page and compresses it; later ones
 * send the kept bytes, or 304 where the browser has them.
 */
export function createGraphiqlHandler(options: PageOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const bodies = new Map<Encoding, Promise<Buffer>>();
  let rendered: Promise<Page & { readonly etag: string }> | undefined;

  const page = () =>
    (rendered ??= renderPage(options).then(
      (made) => ({ ...made, etag: createHash('sha256').update(made.html).digest('base64url').slice(0, 22) }),
      (error: unknown) => {
        rendered = undefined;
        throw error;
      },
    ));
  const bodyOf = (encoding: Encoding, html: string): Promise<Buffer> => {
    const body = bodies.get(encoding) ?? encode(encoding, html);
    bodies.set(encoding, body);
    return body;
  };

  return async (request, response) => {
    const { html, etag, contentSecurityPolicy } = await page();
    const encoding = encodingFor(request.headers['accept-encoding']);
    const tag = `"${etag}-${encoding}"`;
    const headers = {
      etag: tag,
      vary: 'accept-encoding',
      'cache-control': 'no-cache',
      'content-security-policy': contentSecurityPolicy,
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    };
    if (request.headers['if-none-match']?.includes(tag)) {
      response.writeHead(304, headers).end();
      return;
    }
    const body = await bodyOf(encoding, html);
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
      ...(encoding !== 'identity' && { 'content-encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

function encode(encoding: Encoding, html: string): Promise<Buffer> {
  switch (encoding) {
    case 'br':
      return promisify(brotliCompress)(html, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } });
    case 'gzip':
      return promisify(gzip)(html);
    case 'identity':
      return Promise.resolve(Buffer.from(html));
  }
}

/** The smallest the client takes; `q=0` refuses one. */
function encodingFor(accepted: string | readonly string[] | undefined): Encoding {
  const offers = String(accepted ?? '')
    .split(',')
    .map((offer) => offer.trim().toLowerCase());
  const takes = (name: string) =>
    offers.some((offer) => offer === name || (offer.startsWith(`${name};`) && !/;\s*q=0(\.0*)?$/.test(offer)));
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}
