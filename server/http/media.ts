export type Media = 'application/json' | 'application/graphql-response+json' | 'text/event-stream';

/** The media type that an Accept header prefers of those we speak; undefined: none of them. No header means JSON. */
export function mediaFor(accept: string | undefined): Media | undefined {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'application/json';
  let best: Media | undefined;
  let bestWeight = 0;
  for (const part of accept.split(',', PARTS_MAX)) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const media = MEDIA[name];
    if (media === undefined) continue;
    const weight = weightOf(parameters);
    if (weight > bestWeight) {
      best = media;
      bestWeight = weight;
    }
  }
  return best;
}

const PARTS_MAX = 30;

const MEDIA: Readonly<Record<string, Media>> = {
  'application/json': 'application/json',
  'application/graphql-response+json': 'application/graphql-response+json',
  'text/event-stream': 'text/event-stream',
  'application/*': 'application/json',
  '*/*': 'application/json',
};

function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((text) => text.startsWith('q='));
  if (given === undefined) return 1;
  const weight = Number(given.slice(2));
  return Number.isNaN(weight) ? 0 : weight;
}

/** Content types that a browser sends across origins without asking first, and the lack of one. */
export function isSimpleContentType(contentType: string | undefined): boolean {
  const name = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return name === '' || name === 'text/plain' || name === 'application/x-www-form-urlencoded' || name === 'multipart/form-data';
}

/** JSON in UTF-8, the only encoding it has. */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  if (contentType === undefined || !/^application\/(graphql\+)?json *(;|$)/i.test(contentType)) return false;
  const charset = /charset *= *"?([^";]+)/i.exec(contentType)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset.trim());
}
