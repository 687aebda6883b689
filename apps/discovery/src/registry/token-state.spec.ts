import fc from 'fast-check';
import { decideRegister, decideRemove, nextEvent } from './token-state.js';
import type { MemberEntry, TokenState } from './token-state.js';

const member = (id: string, index: number): MemberEntry => ({
  id,
  index,
  value: `${id}=http://127.0.0.1:1`,
});

const state = (members: readonly MemberEntry[], rest: Partial<TokenState> = {}): TokenState => ({
  token: 'f'.repeat(32),
  size: 3,
  createdIndex: 1,
  index: 100,
  revokedIndex: 0,
  members,
  ...rest,
});

describe('a registration', () => {
  it('is taken while there is room, once for each id', () => {
    const two = state([member('a', 5), member('b', 6)]);
    expect(decideRegister(two, 'c')).toBe('register');
    expect(decideRegister(two, 'a')).toBe('exists');
  });

  it('comes too late when all are there; who is among them hears that it is', () => {
    const full = state([member('a', 5), member('b', 6), member('c', 7)]);
    expect(decideRegister(full, 'd')).toBe('complete');
    expect(decideRegister(full, 'c')).toBe('exists');
  });

  it('can be taken back only before all are there', () => {
    const two = state([member('a', 5), member('b', 6)]);
    expect(decideRemove(two, 'a')).toBe('remove');
    expect(decideRemove(two, 'x')).toBe('unknownMember');
    expect(decideRemove(state([...two.members, member('c', 7)]), 'a')).toBe('sealed');
  });
});

describe('the next event', () => {
  const two = state([member('a', 5), member('b', 9)]);

  it('is the first member not seen yet, in order of arrival', () => {
    expect(nextEvent(two, 1, undefined)).toEqual({ kind: 'created', member: member('a', 5) });
    expect(nextEvent(two, 6, undefined)).toEqual({ kind: 'created', member: member('b', 9) });
    expect(nextEvent(two, 10, undefined)).toEqual({ kind: 'none' });
  });

  it('of one member is that member only', () => {
    expect(nextEvent(two, 5, 'b')).toEqual({ kind: 'created', member: member('b', 9) });
    expect(nextEvent(two, 6, 'a')).toEqual({ kind: 'none' });
    expect(nextEvent(two, 1, 'x')).toEqual({ kind: 'none' });
  });

  it('is that the picture is wrong, for everybody who may have seen a member that is gone', () => {
    const after = state([member('b', 9)], { revokedIndex: 10 });
    expect(nextEvent(after, 10, undefined)).toEqual({ kind: 'revoked' });
    expect(nextEvent(after, 6, undefined)).toEqual({ kind: 'revoked' });
    expect(nextEvent(after, 11, undefined)).toEqual({ kind: 'none' });
  });
});

// etcd's client, reduced to what it does with a registry: read it, count the events that follow,
// and read it again when a wait fails.
class Client {
  #known: string[] | undefined;
  #waitIndex = 0;

  look(now: TokenState): void {
    if (this.#known === undefined) {
      this.#known = now.members.map(({ id }) => id);
      this.#waitIndex = now.index + 1;
    }
    while (this.#known !== undefined && this.#known.length < now.size) {
      const event = nextEvent(now, this.#waitIndex, undefined);
      if (event.kind === 'none') return;
      if (event.kind === 'revoked') {
        this.#known = now.members.map(({ id }) => id);
        this.#waitIndex = now.index + 1;
      } else {
        this.#known.push(event.member.id);
        this.#waitIndex = event.member.index + 1;
      }
    }
  }

  get complete(): readonly string[] | undefined {
    return this.#known !== undefined && this.#known.length >= 3 ? this.#known : undefined;
  }
}

it('all clients come to the same members, whoever comes, goes and looks when', () => {
  const action = fc.record({
    kind: fc.constantFrom('register' as const, 'remove' as const, 'look' as const),
    who: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const clients = Array.from({ length: 6 }, () => new Client());
      let now = state([], { index: 1 });
      for (const { kind, who } of actions) {
        const id = String(who);
        const index = now.index + 1;
        if (kind === 'register' && decideRegister(now, id) === 'register') {
          now = { ...now, index, members: [...now.members, member(id, index)] };
        } else if (kind === 'remove' && decideRemove(now, id) === 'remove') {
          const members = now.members.filter((each) => each.id !== id);
          now = { ...now, index, revokedIndex: index, members };
        } else {
          clients[who]?.look(now);
        }
      }
      const isComplete = now.members.length === 3;
      for (const client of clients) {
        client.look(now);
        const expected = isComplete ? now.members.map(({ id }) => id) : undefined;
        expect(client.complete).toEqual(expected);
      }
    }),
  );
});
