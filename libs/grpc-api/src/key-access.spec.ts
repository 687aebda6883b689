import { GuardedMember } from './testing/guarded-member.js';
import { KEY_CASES, pathOf, PLACES } from './testing/key-cases.js';
import type { KeyCase, Place } from './testing/key-cases.js';
import { PRINCIPALS, throughGateway } from './testing/principals.js';
import type { Principal } from './testing/principals.js';

let guarded: GuardedMember;
beforeAll(async () => {
  guarded = await GuardedMember.start();
});
afterAll(() => guarded.dispose());

let cells = 0;

/** What went otherwise than the rights say; a refusal that changed something counts, too. */
async function misjudged(who: Principal, place: Place, one: KeyCase): Promise<object | undefined> {
  cells++;
  const { operation, needs } = one;
  const expected = needs.every((right) => who.rights.includes(right))
    ? { code: 0, message: '' }
    : { code: who.denial.code, message: who.denial.message };
  const before = guarded.served.member.server.facts.header().revision;
  const origin = who.origin(guarded.tokens);
  const end = await guarded.calls.call(pathOf(place, operation), place.request(operation), origin);
  const changed = guarded.served.member.server.facts.header().revision !== before;
  const isRight = end.code === expected.code && end.message === expected.message;
  if (isRight && !(changed && expected.code !== 0)) return undefined;
  return { case: `${operation.$case} ${one.name}`, expected, code: end.code, message: end.message };
}

describe.each([...PRINCIPALS, ...PRINCIPALS.map(throughGateway)])('$name', (who) => {
  it.each(PLACES)('gets to the keys of its roles and to no others $name', async (place) => {
    const failures: object[] = [];
    for (const one of KEY_CASES) {
      if (place.only?.(one.operation) === false) continue;
      const failure = await misjudged(who, place, one);
      if (failure !== undefined) failures.push(failure);
    }
    expect(failures).toEqual([]);
  });
});

it('all of this was asked', () => {
  expect(cells).toBe(2 * PRINCIPALS.length * (5 * KEY_CASES.length + 3 * 8));
});
