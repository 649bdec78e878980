import { describe, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { register } from '../kit/index.ts';

describe('the memory adapter', () => {
  register({ adapter: memory }, { describe, it, skip: it.skip });
});
