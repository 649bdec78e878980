import type { Refusal } from '../plugins/kernel/index.ts';
import type { Standing } from '../plugins/users/friendship.ts';
import type { Profile } from '../plugins/users/profile.ts';
import type { FriendshipOutcome } from '../plugins/users/service.ts';
import type { Builder } from './builder.ts';
import { refusalTypeName } from './refusals.ts';
import { sharedRef, shareRef } from './shared.ts';

export interface UserEdge {
  readonly cursor: string;
  readonly sinceMs: number;
  readonly node: Profile;
}

export interface UserPage {
  readonly edges: readonly UserEdge[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
}

export type Stands = Extract<FriendshipOutcome, { kind: 'stands' }>;
export type ProfileSaved = { readonly kind: 'saved'; readonly profile: Profile };
export type ProfilesSaved = { readonly kind: 'saved'; readonly profiles: readonly Profile[] };

/** Types of profiles and friendships. `User` is shared: its values are a `Profile`. */
export function usersSchema(builder: Builder) {
  const User = builder.objectRef<Profile>('User').implement({
    description: 'A player, buyer, seller or friend, as others see them.',
    fields: (t) => ({
      id: t.exposeID('id'),
      name: t.exposeString('name', { description: '1 to 80 characters. Not unique.' }),
      pictureUrl: t.exposeString('pictureUrl', { nullable: true, description: 'An https address.' }),
      createdAt: t.field({ type: 'DateTime', resolve: (user) => user.createdAtMs }),
    }),
  });
  shareRef(builder, 'User', User);
  return { User, ...listTypes(builder, User), ...resultTypes(builder, User) };
}

function listTypes(builder: Builder, User: UserRef) {
  const FriendStanding = builder.enumType('FriendStanding', {
    description: 'How one user stands to another, from the first one’s side.',
    values: {
      FRIEND: { value: 'friend' },
      REQUESTED: { value: 'requested', description: 'Friendship was asked for and waits for an answer.' },
      INVITED: { value: 'invited', description: 'The other has asked for friendship.' },
      BLOCKED: { value: 'blocked' },
    } satisfies Record<string, { value: Standing; description?: string }>,
  });
  const UserEdge = builder.objectRef<UserEdge>('UserEdge').implement({
    fields: (t) => ({
      cursor: t.expose('cursor', { type: 'Cursor' }),
      since: t.field({ type: 'DateTime', description: 'When it came to stand like this.', resolve: (edge) => edge.sinceMs }),
      node: t.expose('node', { type: User }),
    }),
  });
  const UserConnection = builder.objectRef<UserPage>('UserConnection').implement({
    description: 'Users, the newest bond first.',
    fields: (t) => ({
      edges: t.expose('edges', { type: [UserEdge] }),
      nodes: t.field({ type: [User], resolve: (page) => page.edges.map((edge) => edge.node) }),
      pageInfo: t.field({
        type: builder.pageInfoRef(),
        resolve: ({ edges, hasNextPage, hasPreviousPage }) => ({
          hasNextPage,
          hasPreviousPage,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        }),
      }),
    }),
  });
  return { FriendStanding, UserConnection };
}

function resultTypes(builder: Builder, User: UserRef) {
  const InvalidArgument = sharedRef<Refusal<'invalid-argument'>>(builder, 'InvalidArgument');
  const NotFound = sharedRef<Refusal<'not-found'>>(builder, 'NotFound');
  const Conflict = sharedRef<Refusal<'conflict'>>(builder, 'Conflict');
  const Forbidden = sharedRef<Refusal<'forbidden'>>(builder, 'Forbidden');
  const Friendship = builder.objectRef<Stands>('Friendship');
  const ProfileSaved = builder.objectRef<ProfileSaved>('ProfileSaved').implement({
    fields: (t) => ({ user: t.expose('profile', { type: User }) }),
  });
  const ProfilesSaved = builder.objectRef<ProfilesSaved>('ProfilesSaved').implement({
    description: 'As many as were sent, in their order.',
    fields: (t) => ({ users: t.expose('profiles', { type: [User] }) }),
  });
  const ProfileInput = builder.inputType('ProfileInput', {
    fields: (t) => ({
      id: t.id({ description: '1 to 128 bytes of text. Left out: a new one is made.' }),
      name: t.string({ required: true }),
      pictureUrl: t.string({ description: 'An https address.' }),
    }),
  });
  return {
    Friendship,
    ProfileInput,
    FriendshipResult: builder.unionType('FriendshipResult', {
      types: [Friendship, InvalidArgument, NotFound, Conflict, Forbidden],
      resolveType: (value) => (value.kind === 'stands' ? 'Friendship' : refusalTypeName(value.kind)),
    }),
    SaveProfileResult: builder.unionType('SaveProfileResult', {
      types: [ProfileSaved, InvalidArgument, Forbidden],
      resolveType: (value) => (value.kind === 'saved' ? 'ProfileSaved' : refusalTypeName(value.kind)),
    }),
    SaveProfilesResult: builder.unionType('SaveProfilesResult', {
      types: [ProfilesSaved, InvalidArgument, Forbidden],
      resolveType: (value) => (value.kind === 'saved' ? 'ProfilesSaved' : refusalTypeName(value.kind)),
    }),
  };
}

type UserRef = ReturnType<typeof sharedRef<Profile>>;
export type UsersRefs = ReturnType<typeof usersSchema>;
