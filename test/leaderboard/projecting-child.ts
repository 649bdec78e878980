import { matches } from './digest.ts';
import { openHouse } from './house.ts';

/**
 * A game server and the whole leaderboard in one process, to be killed: records matches of a seed for ever and says which were acknowledged.
 *
 * node projecting-child.ts <postgres url> <redis url or -> <seed>
 */
const [postgres = '', redis = '-', seed = '1'] = process.argv.slice(2);
const house = await openHouse({ postgres, ...(redis === '-' ? {} : { redis }) });
const inFlight = new Set<Promise<void>>();
for (const match of matches(Number(seed), 200)) {
  const sent = house.service.recordMatch(match, { signal: house.signal }).then((outcome) => {
    if (outcome.kind === 'recorded') process.stdout.write(`${match.matchId}\n`);
  });
  const done: Promise<void> = sent.finally(() => inFlight.delete(done));
  inFlight.add(done);
  if (inFlight.size >= 16) await Promise.race(inFlight);
}
