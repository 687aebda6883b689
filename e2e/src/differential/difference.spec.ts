import { findDifference } from './difference.js';

describe('the first difference of two answers', () => {
  it('is found wherever it is nested, with what each side has', () => {
    const reference = { header: { revision: '2' }, kvs: [{ key: 'a' }, { key: 'b', lease: '1' }] };
    expect(findDifference(structuredClone(reference), reference)).toBeUndefined();
    const ours = { header: { revision: '2' }, kvs: [{ key: 'a' }, { key: 'b' }] };
    expect(findDifference(ours, reference)).toEqual({
      path: '.kvs.1.lease',
      ours: undefined,
      reference: '1',
    });
    expect(findDifference({ ...reference, more: true }, reference)?.path).toBe('.more');
    expect(findDifference({ kvs: [] }, { kvs: [1] })?.path).toBe('.kvs.0');
  });
});
