import { findBlockers, findProfiles, writeProfiles } from '../../drizzle/users/repository.ts';
import { type Refusal, refuse } from '../kernel/index.ts';
import { changeRecord } from './changes.ts';
import { isUserId, type Profile, type ProfileDraft, parseNames } from './profile.ts';
import { createProfileCache } from './profile-cache.ts';
import type { Users, UsersParts } from './service.ts';

export const PROFILES_MAX = 1000;

export function createProfiles(parts: UsersParts): Pick<Users, 'profiles' | 'profilesFor' | 'upsertProfiles'> {
  const { record, clock, random, meter } = parts;
  const cache = createProfileCache({ store: parts.cache, clock, random, meter, entryMs: parts.cacheMs });

  const profiles: Users['profiles'] = async (ids, options) => {
    const askable = ids.filter(isUserId);
    const found = await cache.read(askable, (missing) => findProfiles(record.db, missing), options);
    const byId = new Map(askable.map((id, i) => [id, found[i] ?? null]));
    return ids.map((id) => byId.get(id) ?? null);
  };

  return {
    profiles,

    async profilesFor(viewerId, ids, options) {
      const others = ids.filter((id) => id !== viewerId && isUserId(id));
      const [found, blockers] = await Promise.all([
        profiles(ids, options),
        isUserId(viewerId) && others.length > 0 ? findBlockers(record.db, viewerId, others) : [],
      ]);
      const hidden = new Set(blockers);
      return found.map((profile) => (profile !== null && hidden.has(profile.id) ? null : profile));
    },

    async upsertProfiles(drafts) {
      if (drafts.length > PROFILES_MAX) return refuse('invalid-argument', 'profiles', `must be at most ${PROFILES_MAX} profiles`);
      const parsed = parseDrafts(drafts, clock.now(), () => random.id());
      if ('kind' in parsed) return parsed;
      if (parsed.length === 0) return { kind: 'saved', profiles: [] };
      const rows = [...new Map(parsed.map((profile) => [profile.id, profile])).values()];
      const ids = rows.map((row) => row.id);
      const standing = await cache.around(ids, () => write(rows, ids));
      return { kind: 'saved', profiles: parsed.map((profile) => standing.get(profile.id) ?? profile) };
    },
  };

  /** What stands after the write, by id. */
  function write(rows: readonly Profile[], ids: readonly string[]): Promise<Map<string, Profile>> {
    return record.tx(async (tx, outbox) => {
      const changed = await writeProfiles(tx, rows);
      const atMs = clock.now();
      if (changed.length > 0) await outbox(changed.map((row) => changeRecord({ kind: 'profile-changed', userId: row.id, atMs })));
      const unchanged = changed.length === rows.length ? [] : await findProfiles(tx, ids);
      return new Map([...unchanged, ...changed].map((row) => [row.id, row]));
    });
  }
}

/** Profiles as they would be new, or the first refusal with its index in the path. */
function parseDrafts(drafts: readonly ProfileDraft[], nowMs: number, freshId: () => string): Profile[] | Refusal<'invalid-argument'> {
  const profiles: Profile[] = [];
  for (const [i, draft] of drafts.entries()) {
    const names = parseNames(draft, `profiles[${i}].`);
    if ('kind' in names) return names;
    profiles.push({ id: draft.id ?? freshId(), ...names, createdAtMs: nowMs });
  }
  return profiles;
}
