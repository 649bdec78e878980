import { describe, expect, it } from 'vitest';
import { leaderboardRoutes } from '../../plugins/leaderboard/routes.ts';

const refused = (__typename: string, field: string) => ({ recordScore: { __typename, field, message: 'no' } });
const answer = (method: string, path: string, data: object) =>
  leaderboardRoutes.find((route) => route.method === method && route.path === path)?.respond(data as never);

describe('the REST paths of the leaderboard', () => {
  it.each([
    ['InvalidArgument', 'results[0].points', 400, 'INVALID_ARGUMENT', 'points'],
    ['NotFound', 'boardId', 404, 'NOT_FOUND', 'board'],
    ['Conflict', 'results[0]', 409, 'CONFLICT', 'match_id'],
    ['Closed', 'occurredAt', 410, 'CLOSED', 'board'],
  ])('%s of %s is %i with its code and the name of the parameter', (type, field, status, code, named) => {
    expect(answer('POST', '/v1/scores', refused(type, field))).toEqual({ status, body: { error: { code, message: 'no', field: named } } });
  });

  it('what is not there is a 404 with the same body', () => {
    const gone = (field: string) => ({ status: 404, body: { error: { code: 'NOT_FOUND', message: expect.any(String) as string, field } } });
    expect(answer('GET', '/v1/scores', { leaderboard: null })).toEqual(gone('board'));
    expect(answer('GET', '/v1/scores/{user_id}', { leaderboard: null })).toEqual(gone('board'));
    expect(answer('GET', '/v1/scores/{user_id}', { leaderboard: { rank: null } })).toEqual(gone('user_id'));
  });
});
