import { GeoIndex, RankedSet } from '../../ports/index.ts';
import { mutantsOf } from './mutants-made.ts';

const ranked = mutantsOf(RankedSet);
const geo = mutantsOf(GeoIndex);

/** Bugs of ranked sets and geo indexes. */
export const orderedMutants = [
  ranked('scores kept as 32-bit floats', 'scores/exact', (api) => ({
    apply: (board, changes, options) =>
      api.apply(
        board,
        changes.map((change) => (change.op === 'remove' ? change : { ...change, score: Math.fround(change.score) })),
        options,
      ),
  })),
  ranked('members ordered by UTF-16 units', 'order/bytes', (api) => ({
    range: async (board, window) =>
      (await api.range(board, window))
        .toSorted((a, b) => b.score - a.score || a.tie - b.tie || (a.member < b.member ? -1 : 1))
        .map((entry, index) => ({ ...entry, rank: window.from + index })),
  })),
  ranked('ranks that skip ties', 'order/total', (api) => ({
    lookup: async (board, members) => (await api.lookup(board, members)).map((found) => found && { ...found, rank: found.above }),
  })),
  ranked('max that overwrites', 'apply/operations', (api) => ({
    apply: (board, changes, options) =>
      api.apply(
        board,
        changes.map((change) => (change.op === 'max' ? { ...change, op: 'set' } : change)),
        options,
      ),
  })),
  ranked('ties taken over though the score stays', 'apply/operations', (api) => ({
    async apply(board, changes, options) {
      for (const change of changes) {
        if (change.op !== 'set') continue;
        const [old] = await api.lookup(board, [change.member]);
        if (old?.score === change.score) await api.apply(board, [{ op: 'remove', member: change.member }]);
      }
      return api.apply(board, changes, options);
    },
  })),
  ranked('checkpoints compared for the batch as a whole', 'checkpoint/per-change', (api) => ({
    apply: (board, changes, options) =>
      api.apply(
        board,
        changes.map((change) => ({ ...change, position: options?.checkpoint?.position ?? 0 })),
        options,
      ),
  })),
  ranked('checkpoints moved in a step of their own', 'checkpoint/one-of-40', (api) => ({
    async apply(board, changes, options) {
      const checkpoint = options?.checkpoint;
      if (checkpoint === undefined) return api.apply(board, changes);
      const [reached = 0] = await api.checkpoints([board], checkpoint.source);
      if (reached >= checkpoint.position) return { applied: 0 };
      const answer = await api.apply(board, changes);
      await api.apply(board, [], { checkpoint });
      return answer;
    },
  })),
  ranked('a batch applied change by change', 'bounds/overflow', (api) => ({
    async apply(board, changes, options) {
      let applied = 0;
      for (const change of changes) applied += (await api.apply(board, [change], options)).applied;
      return { applied };
    },
  })),
  ranked('half a batch shown to readers', 'concurrency/consistent-view', (api) => ({
    async apply(board, changes, options) {
      let applied = 0;
      for (const change of changes) {
        applied += (await api.apply(board, [change], options)).applied;
        await new Promise(setImmediate);
      }
      return { applied };
    },
    range: async (board, window) => {
      await new Promise(setImmediate);
      return api.range(board, window);
    },
  })),
  ranked('replace made of drop and copy', 'replace/moves', (api) => ({
    async replace(board, from) {
      const held = await api.range(from, { from: 0, limit: 1_000 });
      await api.drop([board, from]);
      await api.apply(
        board,
        held.map(({ member, score, tie }) => ({ op: 'set', member, score, tie })),
      );
    },
  })),
  ranked('around that shows as many at the ends as in the middle', 'around/ends', (api) => ({
    async around(board, member, { before, after }) {
      const [found] = await api.lookup(board, [member]);
      if (!found) return [];
      return api.range(board, { from: Math.max(0, found.rank - before), limit: before + after + 1 });
    },
  })),
  ranked('a count that takes equal scores as above', 'count/above-and-at', (api) => ({
    count: async (board, scores) => (await api.count(board, scores)).map(({ above, at }) => ({ above: above + at, at })),
  })),
  geo('circles taken as squares of degrees', 'circle/brute-force', (api) => ({
    async within(layer, area, page) {
      if (area.kind !== 'circle') return api.within(layer, area, page);
      return api.within(layer, { ...area, radiusMeters: area.radiusMeters * 1.2 }, page);
    },
  })),
  geo('cursors that are offsets', 'pages/cursor-bound', (api) => ({
    async within(layer, area, { limit, after = '0' }) {
      const { hits } = await api.within(layer, area, { limit: 1_000 });
      const next = Number(after) + limit;
      return { hits: hits.slice(Number(after), next), next: next < hits.length ? `${next}` : null };
    },
  })),
  geo('a box over the antimeridian taken the wrong way round', 'box/antimeridian', (api) => ({
    within: (layer, area, page) =>
      api.within(layer, area.kind === 'box' && area.west > area.east ? { ...area, west: area.east, east: area.west } : area, page),
  })),
  geo('a radius of another sphere', 'nearest/brute-force', (api) => ({
    nearest: async (layer, center, options) =>
      (await api.nearest(layer, center, options)).map((hit) => ({ ...hit, distanceMeters: (hit.distanceMeters ?? 0) * 1.0034 })),
  })),
  geo('coordinates rounded more than claimed', 'put/locates', (api) => ({
    locate: async (layer, ids) =>
      (await api.locate(layer, ids)).map(
        (point) => point && { latitude: Math.round(point.latitude * 1e3) / 1e3, longitude: Math.round(point.longitude * 1e3) / 1e3 },
      ),
  })),
  geo('good points kept of a bad call', 'bounds/points', (api) => ({
    async put(layer, placements, options) {
      for (const placement of placements) await api.put(layer, [placement], options);
    },
  })),
];
