import { describe, it } from 'vitest';
import { memory } from '../../adapters/memory/index.ts';
import { register } from '../kit/index.ts';

register({ adapter: memory }, { describe, it, skip: it.skip });
