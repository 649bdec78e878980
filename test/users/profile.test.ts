import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isUserId, parseNames } from '../../plugins/users/profile.ts';

const named = (name: string) => parseNames({ name }, '');
const pictured = (pictureUrl: string) => parseNames({ name: 'Ada', pictureUrl }, '');
const refused = (field: string) => expect.objectContaining({ kind: 'invalid-argument', field });

describe('what a profile may say', () => {
  it('[US-1] an id is 1 to 128 bytes of well-formed text without control characters', () => {
    for (const id of ['a', 'user:42', 'Zoë', 'x'.repeat(128), '🦊'.repeat(32), ' spaced ']) expect(isUserId(id), id).toBe(true);
    for (const id of ['', 'x'.repeat(129), '🦊'.repeat(33), 'a\u0000b', 'a\nb', '\u007f', '\ud800', 'a\u2028'])
      expect(isUserId(id), id).toBe(false);
    expect(parseNames({ id: 'a\u0000b', name: 'Ada' }, 'profiles[3].')).toEqual(refused('profiles[3].id'));
  });

  it('[US-2] a name is kept in NFC and trimmed', () => {
    expect(named('  Zoe\u0308 ')).toEqual({ name: 'Zo\u00eb', pictureUrl: null });
    expect(named('محمد')).toEqual({ name: 'محمد', pictureUrl: null });
    expect(named('👩‍👩‍👧 and co')).toEqual({ name: '👩‍👩‍👧 and co', pictureUrl: null });
  });

  it('[US-2] a name has 1 to 80 characters, counted as code points after NFC', () => {
    expect(named('🦊'.repeat(80))).toEqual({ name: '🦊'.repeat(80), pictureUrl: null });
    expect(named('e\u0301'.repeat(80))).toEqual({ name: '\u00e9'.repeat(80), pictureUrl: null });
    for (const name of ['', '   ', '🦊'.repeat(81), 'x'.repeat(100_000), '\u200d\u200d', '\u3000'])
      expect(named(name), name.slice(0, 9)).toEqual(refused('name'));
  });

  it('[US-2] a name has no control character, line break, lone surrogate or direction mark', () => {
    for (const name of ['a\u0000b', 'a\tb', 'a\r\nb', 'a\u2029b', '\udc00', 'adm\u202enimda', '\u2066x'])
      expect(named(name), name).toEqual(refused('name'));
  });

  it('[US-3] a picture is an https address without a password, or null', () => {
    expect(pictured('https://img.example/a b.png')).toEqual({ name: 'Ada', pictureUrl: 'https://img.example/a%20b.png' });
    expect(parseNames({ name: 'Ada', pictureUrl: null }, '')).toEqual({ name: 'Ada', pictureUrl: null });
    const wrong = [
      '',
      'img.png',
      'http://img.example/a.png',
      'javascript:alert(1)',
      'data:image/png;base64,AA==',
      'https://u:p@img.example/',
      `https://img.example/${'x'.repeat(2048)}`,
    ];
    for (const url of wrong) expect(pictured(url), url.slice(0, 30)).toEqual(refused('pictureUrl'));
  });

  it('[US-2] whatever is accepted as a name is accepted again as it is kept', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const first = named(text);
        if ('kind' in first) return;
        expect(named(first.name)).toEqual(first);
        expect(Array.from(first.name).length).toBeLessThanOrEqual(80);
      }),
    );
  });
});
