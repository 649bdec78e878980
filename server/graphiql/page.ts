import { createHash } from 'node:crypto';
import { parse, print } from 'graphql';

/** An operation GraphiQL opens with. */
export interface Example {
  readonly title: string;
  readonly operation: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface PageOptions {
  readonly examples: readonly Example[];
  /** Shown in the header editor of every new tab, e.g. `{ authorization: 'Bearer …' }`. */
  readonly defaultHeaders?: Readonly<Record<string, string>>;
  /** Path that answers GraphQL. Default `/graphql`. */
  readonly endpoint?: string;
}

export interface Page {
  readonly html: string;
  /** Names the page's one script by its hash; nothing but the page's own origin is ever asked. */
  readonly contentSecurityPolicy: string;
}

/**
 * In the page's program a subscription is handed the header editor's content as headers only, which a browser's WebSocket cannot send;
 * it travels in `connection_init` when it is given as connection parameters too.
 */
const HEADERS_OF_SUBSCRIPTION = 'extensions:{headers:y?.headers}';
const HEADERS_IN_INIT = 'extensions:{headers:y?.headers,connectionParams:y?.headers}';

const LOGO =
  '<svg viewBox="0 0 24 24" width="28" height="28" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" aria-hidden="true">' +
  '<path d="M3 9 12 3.5 21 9Z"/><path d="M5.5 9v9M9.8 9v9M14.2 9v9M18.5 9v9M3 20.5h18M4 18h16"/></svg>';
const FAVICON = `data:image/svg+xml,${encodeURIComponent(
  LOGO.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ').replace('currentColor', '#d60590'),
)}`;

/** Renders GraphiQL with everything it needs inside: 9 MB of text, 100 ms and 50 MB of memory, so it is imported when first asked for. */
export async function renderPage({ examples, defaultHeaders, endpoint = '/graphql' }: PageOptions): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = defaultHeaders && JSON.stringify(defaultHeaders, null, 2);
  const rendered = renderGraphiQL({
    endpoint,
    title: 'Portico',
    logo: LOGO,
    favicon: FAVICON,
    subscriptionsProtocol: 'WS',
    ...(headers !== undefined && { defaultHeaders: headers }),
    defaultTabs: examples.map(({ title, operation, variables }) => ({
      query: `# ${title}\n${readable(operation)}\n`,
      variables: variables === undefined ? '' : JSON.stringify(variables, null, 2),
      ...(headers !== undefined && { headers }),
    })),
  });
  if (!rendered.includes(HEADERS_OF_SUBSCRIPTION))
    throw new Error('this version of GraphiQL hands headers to subscriptions in another way');
  const html = rendered.replace(HEADERS_OF_SUBSCRIPTION, () => HEADERS_IN_INIT);
  return { html, contentSecurityPolicy: policyFor(html) };
}

/** An operation written on one line is laid out. */
const readable = (operation: string): string => (operation.trim().includes('\n') ? operation.trim() : print(parse(operation)));

function policyFor(html: string): string {
  const from = html.indexOf('>', html.indexOf('<script')) + 1;
  const script = html.slice(from, html.lastIndexOf('</script>'));
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    'worker-src blob:',
    "connect-src 'self'",
    "style-src 'unsafe-inline'",
    'font-src data:',
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
