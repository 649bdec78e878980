import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** `GET /metrics` in the Prometheus text format. */
export function createMetricsHandler(registry: Registry): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const text = await registry.metrics();
    response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : text);
  };
}
