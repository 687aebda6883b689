import fc from 'fast-check';
import {
  clusterVersionOf,
  compareVersions,
  formatVersion,
  parseVersion,
} from './semantic-version.js';

const number = fc.nat(999_999_999);
const version = fc.record({ major: number, minor: number, patch: number });

describe('versions', () => {
  test('are printed and read back', () => {
    fc.assert(
      fc.property(version, (each) => {
        expect(parseVersion(formatVersion(each))).toEqual(each);
      }),
    );
  });

  test('are ordered by number, not by text', () => {
    const sorted = ['3.10.0', '3.9.9', '4.0.0', '3.9.10'].sort((a, b) => {
      const [left, right] = [parseVersion(a), parseVersion(b)];
      return left && right ? compareVersions(left, right) : 0;
    });
    expect(sorted).toEqual(['3.9.9', '3.9.10', '3.10.0', '4.0.0']);
  });

  test('lose their patch in the cluster version, and their pre-release everywhere', () => {
    expect(clusterVersionOf({ major: 3, minor: 7, patch: 4 })).toEqual({
      major: 3,
      minor: 7,
      patch: 0,
    });
    expect(parseVersion('3.6.0-rc.1+git')).toEqual({ major: 3, minor: 6, patch: 0 });
  });

  test.each(['', '3.7', '3.7.x', 'v3.7.0', '3.7.0.1', ' 3.7.0', '3.7.0-'])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});
