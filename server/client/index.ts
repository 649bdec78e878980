export { createPorticoClient, type PorticoClient, type PorticoClientOptions } from './client.ts';
export { PorticoError } from './error.ts';
