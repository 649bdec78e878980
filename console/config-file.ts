import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultGateway } from '../server/compose/defaults.ts';
import type { Gateway } from '../server/compose/gateway.ts';
import { StartError } from '../server/compose/open.ts';
import type { Config } from '../server/config.ts';

const FILES = ['portico.config.ts', 'portico.config.js'];

/** The gateway of `portico.config.ts` in the working folder, or the one the environment decides. */
export async function loadGateway(config: Config): Promise<{ readonly gateway: Gateway; readonly from: string }> {
  const file = FILES.find((name) => existsSync(name));
  if (file === undefined) return { gateway: defaultGateway(config), from: 'the environment' };
  const loaded: unknown = await import(pathToFileURL(resolve(file)).href);
  const gateway = (loaded as { readonly default?: Gateway }).default;
  if (typeof gateway?.problems !== 'function') throw new StartError([`${file}: its default export must be what defineGateway(…) returns`]);
  return { gateway, from: file };
}
