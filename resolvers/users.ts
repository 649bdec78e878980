import { GraphQLError } from 'graphql';
import { type Refusal, refuse } from '../plugins/kernel/index.ts';
import type { Standing } from '../plugins/users/friendship.ts';
import type { ListAsk } from '../plugins/users/lists.ts';
import { PAGE_MAX } from '../plugins/users/page.ts';
import type { Profile } from '../plugins/users/profile.ts';
import type { FriendshipOutcome, Pair, Users } from '../plugins/users/service.ts';
import type { Builder } from '../schema/builder.ts';
import type { Context } from '../schema/context.ts';
import type { ProfileSaved, UserPage, UsersRefs } from '../schema/users.ts';
import { createLoader } from './loader.ts';

const PAGE_DEFAULT = 20;
const IDS_MAX = 1000;

export function usersResolvers(builder: Builder, refs: UsersRefs, service: Users): void {
  const byId = createLoader((ids: readonly string[], { signal }) => service.profiles(ids, { signal }));
  const seenById = createLoader((ids: readonly string[], { viewer, signal }) =>
    viewer.kind === 'user' ? service.profilesFor(viewer.id, ids, { signal }) : service.profiles(ids, { signal }),
  );
  const list = createLoader((asks: readonly ListAsk[]) => service.lists(asks));

  builder.queryFields((t) => ({
    user: t.field({
      type: refs.User,
      nullable: true,
      description: 'Null where there is none, and for a user who is blocked by that one.',
      args: { id: t.arg.id({ required: true }) },
      extensions: { viewer: true },
      resolve: (_root, { id }, context) => seenById(context, id),
    }),
    users: t.field({
      type: [refs.User],
      nullable: { list: false, items: true },
      description: `Up to ${IDS_MAX} users in the order of their ids, null where there is none.`,
      args: { ids: t.arg.idList({ required: true }) },
      extensions: { viewer: true },
      resolve: (_root, { ids }, context) => {
        if (ids.length > IDS_MAX) throw badInput('ids', `must be at most ${IDS_MAX}`);
        return Promise.all(ids.map((id) => seenById(context, id)));
      },
    }),
    me: t.field({
      type: refs.User,
      nullable: true,
      description: 'Null as long as no profile was saved.',
      authScopes: { signedIn: true },
      extensions: { viewer: true },
      resolve: (_root, _args, context) => byId(context, context.viewer.id),
    }),
  }));

  builder.objectFields(refs.User, (t) => {
    const connection = (standing: Standing, description: string) =>
      t.field({
        type: refs.UserConnection,
        nullable: true,
        description: `${description} Only for the user itself, or with the scope users:read.`,
        args: { first: t.arg.int({ defaultValue: PAGE_DEFAULT, description: `1 to ${PAGE_MAX}.` }), after: t.arg({ type: 'Cursor' }) },
        authScopes: (user, _args, { viewer }) => (viewer.kind === 'user' && viewer.id === user.id) || { scope: 'users:read' },
        extensions: { viewer: true },
        resolve: async (user, { first, after }, context): Promise<UserPage> => {
          const page = await list(context, { userId: user.id, standing, first: first ?? PAGE_DEFAULT, after: after ?? null });
          if (page.kind !== 'page') throw badInput(page.field, page.message);
          const nodes = await Promise.all(page.entries.map((entry) => byId(context, entry.userId)));
          const edges = page.entries.flatMap(({ cursor, sinceMs }, i) => {
            const node = nodes[i];
            return node ? [{ cursor, sinceMs, node }] : [];
          });
          return { edges, hasNextPage: page.hasMore, hasPreviousPage: after != null };
        },
      });
    return {
      friends: connection('friend', 'Friends, the newest first.'),
      friendRequests: connection('invited', 'Users who ask for friendship.'),
      sentFriendRequests: connection('requested', 'Users whose answer is waited for.'),
      blockedUsers: connection('blocked', 'Users who may not see or ask this one.'),
    };
  });

  refs.Friendship.implement({
    description: 'How the acting user stands to the other from now on.',
    fields: (t) => ({
      standing: t.expose('standing', { type: refs.FriendStanding, nullable: true, description: 'Null: not at all.' }),
      user: t.field({ type: refs.User, nullable: true, resolve: ({ otherId }, _args, context) => byId(context, otherId) }),
    }),
  });

  profileMutations(builder, refs, service);
  friendMutations(builder, refs, service);
}

function profileMutations(builder: Builder, refs: UsersRefs, service: Users): void {
  builder.mutationFields((t) => ({
    saveProfile: t.field({
      type: refs.SaveProfileResult,
      description: 'Creates or changes the viewer’s own profile; with the scope users:write anyone’s.',
      args: { id: t.arg.id(), name: t.arg.string({ required: true }), pictureUrl: t.arg.string() },
      authScopes: { signedIn: true },
      resolve: async (_root, { id, name, pictureUrl }, { viewer }): Promise<ProfileSaved | Refusal<'invalid-argument' | 'forbidden'>> => {
        const isSelf = viewer.kind === 'user' && (id == null || id === viewer.id);
        if (!isSelf && !viewer.scopes.has('users:write')) return refuse('forbidden', 'id', NEEDS_WRITE);
        const draft = { id: id ?? (isSelf ? viewer.id : undefined), name, pictureUrl };
        const outcome = await service.upsertProfiles([draft]);
        if (outcome.kind !== 'saved') return refuse(outcome.kind, outcome.field.replace('profiles[0].', ''), outcome.message);
        return { kind: 'saved', profile: outcome.profiles[0] as Profile };
      },
    }),
    saveProfiles: t.field({
      type: refs.SaveProfilesResult,
      description: `Creates or changes up to ${IDS_MAX} profiles, all or none. Needs the scope users:write.`,
      args: { profiles: t.arg({ type: [refs.ProfileInput], required: true }) },
      authScopes: { signedIn: true },
      resolve: async (_root, { profiles }, { viewer }) => {
        if (!viewer.scopes.has('users:write')) return refuse('forbidden', 'profiles', NEEDS_WRITE);
        if (profiles.length > IDS_MAX) return refuse('invalid-argument', 'profiles', `must be at most ${IDS_MAX} profiles`);
        return service.upsertProfiles(profiles.map(({ id, ...draft }) => ({ id: id ?? undefined, ...draft })));
      },
    }),
  }));
}

function friendMutations(builder: Builder, refs: UsersRefs, service: Users): void {
  builder.mutationFields((t) => {
    const act = (description: string, run: (pair: Pair) => Promise<FriendshipOutcome>) =>
      t.field({
        type: refs.FriendshipResult,
        description,
        args: {
          userId: t.arg.id({ required: true }),
          as: t.arg.id({ description: 'The user who acts; left out: the viewer. Another one needs the scope users:write.' }),
        },
        authScopes: { signedIn: true },
        resolve: (_root, { userId, as }, context) => {
          const actor = actorOf(context, as);
          return actor === null ? refuse('forbidden', 'as', NEEDS_WRITE) : run({ userId: actor, otherId: userId });
        },
      });
    return {
      requestFriend: act('Asks for friendship; where the other has asked already, it is one at once.', (pair) =>
        service.requestFriend(pair),
      ),
      acceptFriend: act('Accepts a request.', (pair) => service.acceptFriend(pair)),
      declineFriend: act('Declines a request.', (pair) => service.declineFriend(pair)),
      removeFriend: act('Ends a friendship, or takes a request back.', (pair) => service.removeFriend(pair)),
      blockUser: act('Ends friendship and requests both ways and keeps the other from asking again.', (pair) => service.block(pair)),
      unblockUser: act('Lets the other ask again.', (pair) => service.unblock(pair)),
    };
  });
}

/** Who acts: the viewer itself, or whom a credential with users:write names. Null: it may not. */
function actorOf({ viewer }: Context, as: string | null | undefined): string | null {
  if (viewer.kind === 'user' && (as == null || as === viewer.id)) return viewer.id;
  return as != null && viewer.scopes.has('users:write') ? as : null;
}

const NEEDS_WRITE = 'needs a credential with the scope users:write, or the user itself';
const badInput = (field: string, message: string) =>
  new GraphQLError(`${field} ${message}`, { extensions: { code: 'BAD_USER_INPUT', field } });
