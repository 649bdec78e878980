import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { register } from 'portico/testing';
import { sqlite } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'portico-sqlite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

register({ adapter: () => sqlite({ file: join(folder, 'kit.db') }) }, { describe, it, skip: it.skip });
