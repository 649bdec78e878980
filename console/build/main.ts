import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeBundle } from './bundle.ts';
import { writePackage } from './package.ts';

/** `npm run build`: `dist/portico.js`, the gateway in one file and a few that are loaded when they are needed, and `dist/package`, to publish. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string', default: join(root, 'dist') } } });

await rm(values.out, { recursive: true, force: true });
await writeBundle(root, values.out);
await writePackage(root, join(values.out, 'package'));
console.log(`built ${values.out}: portico.js to run, package to publish`);
