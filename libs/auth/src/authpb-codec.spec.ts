import fc from 'fast-check';
import { decodeRole, decodeUser, encodeRole, encodeUser } from './authpb-codec.js';
import { bytes, permission } from './testing/store.js';

const byteArray = fc.uint8Array({ maxLength: 200 });
const user = fc.record({
  name: fc.string({ minLength: 1 }),
  passwordHash: byteArray,
  roles: fc.array(fc.string()),
  noPassword: fc.constantFrom(undefined, true, false),
});
const role = fc.record({
  name: fc.string({ unit: 'grapheme', minLength: 1 }),
  permissions: fc.array(
    fc.record({
      type: fc.oneof(fc.constantFrom(0, 1, 2), fc.integer()),
      key: byteArray,
      rangeEnd: byteArray,
    }),
  ),
});

describe('the stored form of users and roles', () => {
  it('gives back what was stored', () => {
    fc.assert(
      fc.property(user, (stored) => expect(decodeUser(encodeUser(stored))).toEqual(stored)),
    );
    fc.assert(
      fc.property(role, (stored) => expect(decodeRole(encodeRole(stored))).toEqual(stored)),
    );
  });

  it('is that of authpb, byte for byte', () => {
    const alice = { name: 'al', passwordHash: bytes('h'), roles: ['r'], noPassword: false };
    expect(Buffer.from(encodeUser(alice)).toString('hex')).toBe('0a02616c1201681a01722200');
    const certified = { name: 'al', passwordHash: bytes(''), roles: [], noPassword: true };
    expect(Buffer.from(encodeUser(certified)).toString('hex')).toBe('0a02616c22020801');
    const reader = { name: 'r', permissions: [permission(0, 'k', '\0'), permission(2, 'l')] };
    expect(Buffer.from(encodeRole(reader)).toString('hex')).toBe(
      '0a01721206' + '12016b1a0100' + '1205' + '080212016c',
    );
  });

  it('does not turn a permission of an unknown type into one that grants something', () => {
    for (const type of [-1, -2, 3, 2 ** 31 - 1, -(2 ** 31)]) {
      const stored = { name: 'r', permissions: [permission(type, 'k')] };
      expect(decodeRole(encodeRole(stored)).permissions[0]?.type).toBe(type);
    }
  });

  it('says so, and never hangs, when the bytes are damaged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (damaged) => {
        try {
          decodeUser(damaged);
          decodeRole(damaged);
        } catch (error) {
          expect(String(error)).toContain('damaged auth record');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
