import { defineAdapter } from '../kit/index.ts';
import { geoIndex } from './geo-index/geo-index.ts';
import { keyValue } from './key-value.ts';
import { pubSub } from './pub-sub.ts';
import { rankedSet } from './ranked-set/ranked-set.ts';
import { createSpaces, type Spaces } from './spaces.ts';

/**
 * Structures inside this process: fastest, seen by nobody else, gone with it. Each connection is an engine of its own; instances of one
 * connection with the same namespace share their data. What must survive is a projection of an event log and is rebuilt from it.
 */
export const memory = () =>
  defineAdapter({
    name: 'memory',
    version: '1.0.0',
    provides: { rankedSet, geoIndex, keyValue, pubSub },
    async connect() {
      const spaces: Spaces = createSpaces();
      return {
        conn: spaces,
        health: () => Promise.resolve(spaces.isOpen ? { status: 'ok', latencyMs: 0 } : { status: 'down', detail: 'closed' }),
        close: () => spaces.close(),
        description: 'memory of this process',
      };
    },
  });
