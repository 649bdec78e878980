import type { Hit, HitPage, Placement, Point } from '../../../ports/index.ts';
import { PortError } from '../../kit/index.ts';
import { createExpiryHeap } from '../expiry-heap.ts';
import { Interner } from '../intern/interner.ts';
import { BestHeap, type Mark } from './best-heap.ts';
import { KdTree } from './kd-tree.ts';
import { searchNear } from './near-search.ts';
import type { Region } from './regions.ts';
import { keyOfMeters, metersOfKey, vectorOf } from './sphere.ts';

/**
 * Points by id and by place.
 *
 *   'bike:7' ─► Interner ─► handle ─► record [ latitude f64 | longitude f64 | bucket u32 · expiry slot u32 | id ]
 *                             │
 *   KdTree (x, y, z) ─────────► handle
 *
 * Degrees are kept exactly as given, and boxes and polygons are judged by them; circles and distances by the vectors (3 mm).
 * Per point: 24 B + id for the record, 10–20 B slot, 22–27 B tree.
 */
export class Layer {
  readonly #ids = new Interner(3);
  readonly #tree = new KdTree(
    (handle) => this.#ids.heap.getHalf(handle, BUCKET_HALF),
    (handle, bucket) => this.#ids.heap.setHalf(handle, BUCKET_HALF, bucket),
  );
  readonly #expiring = createExpiryHeap<number>((handle, slot) => this.#ids.heap.setHalf(handle, EXPIRY_HALF, slot));

  get size(): number {
    return this.#ids.size;
  }

  get bytes(): number {
    return this.#ids.bytes + this.#tree.bytes;
  }

  /** Levels of the tree, for tests: O(log n) whatever the order of arrival. */
  get depth(): number {
    return this.#tree.depth();
  }

  put({ id, point, expiresAtMs }: Placement): void {
    const { heap } = this.#ids;
    const known = this.#ids.size;
    const handle = this.#ids.intern(id);
    const [x, y, z] = vectorOf(point);
    heap.set(handle, LATITUDE, point.latitude);
    heap.set(handle, LONGITUDE, point.longitude);
    if (this.#ids.size > known) this.#tree.insert(handle, x, y, z);
    else this.#tree.move(handle, x, y, z);
    this.#stopExpiry(handle);
    if (expiresAtMs !== undefined) this.#expiring.add(handle, expiresAtMs);
  }

  remove(id: string): boolean {
    const handle = this.#ids.find(id);
    if (handle !== 0) this.#forget(handle);
    return handle !== 0;
  }

  locate(id: string): Point | null {
    const handle = this.#ids.find(id);
    return handle === 0 ? null : this.#pointOf(handle);
  }

  /** Forgets what has expired, up to `max`. */
  sweep(nowMs: number, max: number): void {
    for (let swept = 0; swept < max; swept++) {
      const handle = this.#expiring.takeExpired(nowMs);
      if (handle === undefined) return;
      this.#forget(handle);
    }
  }

  /** By (distance, id). `mark` is where the next page starts. */
  near(center: Point, radiusMeters: number, limit: number, after?: Mark): { hits: Hit[]; mark: { key: number; id: string } | null } {
    const heap = new BestHeap(this.#ids.heap, limit + 1, keyOfMeters(radiusMeters), after);
    searchNear(this.#tree, vectorOf(center), heap, after?.key ?? 0);
    const found = heap.sorted().filter(({ key }) => metersOfKey(key) <= radiusMeters);
    const hits = found.slice(0, limit).map(({ key, item }) => this.#hitOf(item, metersOfKey(key)));
    const last = found[limit - 1];
    return { hits, mark: found.length > limit && last !== undefined ? { key: last.key, id: this.#ids.text(last.item) } : null };
  }

  /** By id. */
  inside(region: Region, limit: number, after?: Mark): { hits: Hit[]; next: HitPage['next'] } {
    const { heap: records } = this.#ids;
    const heap = new BestHeap(records, limit + 1, 0, after);
    this.#tree.scan(region.mayTouch, (handle) => {
      if (region.holds(records.get(handle, LATITUDE), records.get(handle, LONGITUDE))) heap.offer(0, handle);
    });
    const found = heap.sorted();
    const hits = found.slice(0, limit).map(({ item }) => this.#hitOf(item, null));
    return { hits, next: found.length > limit ? (hits.at(-1)?.id ?? null) : null };
  }

  /** Throws at the first broken promise of the structures. O(n log n). For tests. */
  assertSound(): void {
    this.#ids.assertSound();
    this.#tree.assertSound();
    if (this.#ids.size !== this.#tree.size) throw new PortError('INTERNAL', 'ids and points do not match');
  }

  #hitOf(handle: number, distanceMeters: number | null): Hit {
    return { id: this.#ids.text(handle), point: this.#pointOf(handle), distanceMeters };
  }

  #pointOf(handle: number): Point {
    const { heap } = this.#ids;
    return { latitude: heap.get(handle, LATITUDE), longitude: heap.get(handle, LONGITUDE) };
  }

  #forget(handle: number): void {
    this.#stopExpiry(handle);
    this.#tree.remove(handle);
    this.#ids.release(handle);
  }

  #stopExpiry(handle: number): void {
    const slot = this.#ids.heap.getHalf(handle, EXPIRY_HALF);
    if (slot > 0) this.#expiring.remove(slot);
  }
}

const LATITUDE = 0;
const LONGITUDE = 1;
const BUCKET_HALF = 4;
const EXPIRY_HALF = 5;
