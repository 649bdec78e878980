import { EVENT_LOG_SCRIPTS } from './event-log-scripts.ts';
import { GEO_INDEX_SCRIPTS } from './geo-index-scripts.ts';
import { KEY_VALUE_SCRIPTS } from './key-value-scripts.ts';
import { LEASE_SCRIPTS } from './lease-scripts.ts';
import { RANKED_SET_SCRIPTS } from './ranked-set-scripts.ts';

/** Every script of the adapter, by the name of the command it becomes. A fresh connection sends a script's text once, then its digest. */
export const SCRIPTS = { ...RANKED_SET_SCRIPTS, ...KEY_VALUE_SCRIPTS, ...EVENT_LOG_SCRIPTS, ...LEASE_SCRIPTS, ...GEO_INDEX_SCRIPTS };

export type ScriptName = keyof typeof SCRIPTS;
