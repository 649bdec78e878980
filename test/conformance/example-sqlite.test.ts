import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { sqlite } from '../../examples/adapter-sqlite/src/index.ts';
import { register } from '../kit/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'portico-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

register({ adapter: () => sqlite({ file: join(folder, 'kit.db') }) }, { describe, it, skip: it.skip });
