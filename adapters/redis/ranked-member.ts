/**
 * A member of the sorted set: its tie value in nine characters, then its id.
 *
 *   '0000001Ab' + 'user:42'        six bits a character, '0' (48) to 'o' (111), most significant first
 *
 * Nine characters hold 54 bits, all ties are as wide and their bytes sort as the numbers do, so members of one score stand by tie and
 * then by the bytes of their ids.
 */
export const TIE_LENGTH = 9;

export function encodeTie(tie: number): string {
  let text = '';
  let rest = tie;
  for (let i = 0; i < TIE_LENGTH; i++) {
    text = String.fromCharCode(48 + (rest % 64)) + text;
    rest = Math.floor(rest / 64);
  }
  return text;
}

/** Reads the first nine characters. */
export function decodeTie(text: string): number {
  let tie = 0;
  for (let i = 0; i < TIE_LENGTH; i++) tie = tie * 64 + (text.charCodeAt(i) - 48);
  return tie;
}
