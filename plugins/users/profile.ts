import { type Refusal, refuse } from '../kernel/index.ts';

/** Who a user is to others. */
export interface Profile {
  /** 1–128 bytes of text without control characters, chosen by the app or generated. Compared by its bytes. */
  readonly id: string;
  /** 1–80 characters (code points), NFC, trimmed. Not unique. */
  readonly name: string;
  /** An https address, or null. */
  readonly pictureUrl: string | null;
  readonly createdAtMs: number;
}

/** What a client may say of a profile. */
export interface ProfileDraft {
  /** Left out: a new one is generated. */
  readonly id?: string | undefined;
  readonly name: string;
  readonly pictureUrl?: string | null | undefined;
}

export interface NamedProfile {
  readonly name: string;
  readonly pictureUrl: string | null;
}

export const USER_ID_BYTES_MAX = 128;
export const NAME_CHARACTERS_MAX = 80;
export const PICTURE_URL_BYTES_MAX = 2048;

/** True for text that can be a user's id. Anything else has no profile and never reaches a store. */
export function isUserId(id: string): boolean {
  return id.length > 0 && id.isWellFormed() && !CONTROL.test(id) && Buffer.byteLength(id) <= USER_ID_BYTES_MAX;
}

/** The profile's words as they are kept, or the first refusal; `path` stands before the field's name. O(length). */
export function parseNames(draft: ProfileDraft, path: string): NamedProfile | Refusal<'invalid-argument'> {
  if (draft.id !== undefined && !isUserId(draft.id)) {
    return refuse('invalid-argument', `${path}id`, `must be 1 to ${USER_ID_BYTES_MAX} bytes of text without control characters`);
  }
  const name = parseName(draft.name);
  if (name === null) {
    return refuse('invalid-argument', `${path}name`, `must be 1 to ${NAME_CHARACTERS_MAX} characters without control characters`);
  }
  const pictureUrl = draft.pictureUrl == null ? null : parsePictureUrl(draft.pictureUrl);
  if (pictureUrl === undefined) {
    return refuse('invalid-argument', `${path}pictureUrl`, `must be an https address of at most ${PICTURE_URL_BYTES_MAX} bytes, or null`);
  }
  return { name, pictureUrl };
}

function parseName(text: string): string | null {
  // Bounded before normalising: NFC never makes one character out of more than a few dozen code units.
  if (text.length > NAME_CHARACTERS_MAX * 32 || !text.isWellFormed() || CONTROL.test(text) || DIRECTION.test(text)) return null;
  const name = text.normalize('NFC').trim();
  const characters = Array.from(name).length;
  return characters >= 1 && characters <= NAME_CHARACTERS_MAX && VISIBLE.test(name) ? name : null;
}

function parsePictureUrl(text: string): string | undefined {
  if (!text.isWellFormed() || CONTROL.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return undefined;
  return Buffer.byteLength(url.href) <= PICTURE_URL_BYTES_MAX ? url.href : undefined;
}

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Explicit direction marks can make a name read as another one, and spill over what stands beside it. */
const DIRECTION = /[\u202A-\u202E\u2066-\u2069]/u;
const VISIBLE = /[^\p{Z}\p{Cf}]/u;
