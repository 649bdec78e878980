import { createHash } from 'node:crypto';
import type { Area } from '../../../ports/index.ts';
import { PortError } from '../../kit/index.ts';
import { TEXT_BYTES_MAX } from '../intern/record-heap.ts';
import type { Mark } from './best-heap.ts';

/**
 * base64url of: digest of layer and area (8 bytes) · key of the last hit (f64, big-endian) · its id (1–128 bytes).
 * The digest makes a cursor of another question an error instead of a wrong page.
 */
const DIGEST_BYTES = 8;
const HEAD_BYTES = DIGEST_BYTES + 8;

export function writeCursor(layer: string, area: Area, key: number, id: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  digestOf(layer, area).copy(head);
  head.writeDoubleBE(key, DIGEST_BYTES);
  return Buffer.concat([head, Buffer.from(id)]).toString('base64url');
}

export function readCursor(layer: string, area: Area, cursor: string): Mark {
  const bytes = Buffer.from(cursor, 'base64url');
  const isWhole = bytes.length > HEAD_BYTES && bytes.length <= HEAD_BYTES + TEXT_BYTES_MAX && bytes.toString('base64url') === cursor;
  if (!isWhole) throw new PortError('INVALID_ARGUMENT', 'the cursor is malformed');
  if (!bytes.subarray(0, DIGEST_BYTES).equals(digestOf(layer, area))) {
    throw new PortError('INVALID_ARGUMENT', 'the cursor belongs to another area or layer');
  }
  const key = bytes.readDoubleBE(DIGEST_BYTES);
  if (!Number.isFinite(key) || key < 0) throw new PortError('INVALID_ARGUMENT', 'the cursor is malformed');
  return { key, id: bytes.subarray(HEAD_BYTES) };
}

function digestOf(layer: string, area: Area): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([layer, area.kind, numbersOf(area)]))
    .digest()
    .subarray(0, DIGEST_BYTES);
}

function numbersOf(area: Area): number[] {
  switch (area.kind) {
    case 'circle':
      return [area.center.latitude, area.center.longitude, area.radiusMeters];
    case 'box':
      return [area.south, area.west, area.north, area.east];
    case 'polygon':
      return area.ring.flatMap(({ latitude, longitude }) => [latitude, longitude]);
    default:
      return area satisfies never;
  }
}
