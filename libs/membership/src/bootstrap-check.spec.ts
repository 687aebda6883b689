import { verifyBootstrap, verifyJoinExisting } from './bootstrap-check.js';
import type { InitialCluster } from './initial-cluster.js';

const U1 = 'http://127.0.0.1:23680';
const U2 = 'http://127.0.0.1:23681';
const NAMED = 'http://etcd.example:23680';

const cluster = (members: Record<string, readonly string[]>): InitialCluster =>
  new Map(Object.entries(members));

function verdict(
  members: Record<string, readonly string[]>,
  advertisePeerUrls: readonly string[],
  names: Record<string, string | undefined> = {},
): string | undefined {
  const resolve = (url: string): string | undefined => (url in names ? names[url] : url);
  return verifyBootstrap({
    localName: 'a',
    cluster: cluster(members),
    advertisePeerUrls,
    resolve,
  });
}

/** The words are those etcd 3.4.23 ended with when it was started so. */
describe('bootstrapping', () => {
  test('needs the local name', () => {
    const words = `couldn't find local name "a" in the initial cluster configuration`;
    expect(verdict({ b: [U1] }, [U1])).toBe(words);
    expect(verdict({}, [U1])).toBe(words);
    expect(verifyJoinExisting({ localName: 'a', cluster: cluster({ b: [U1] }) })).toBe(words);
  });

  test('needs what is advertised to be what the cluster is told, in any order', () => {
    expect(verdict({ a: [U1, U2], b: ['http://h:1'] }, [U2, U1])).toBeUndefined();
    expect(verdict({ a: [U1] }, [U2])).toBe(
      `--initial-cluster has a=${U1} but missing from --initial-advertise-peer-urls=${U2} ` +
        `(resolved urls: "${U2}" != "${U1}")`,
    );
    expect(verdict({ a: [U1] }, [U1, U2])).toBe(
      `--initial-advertise-peer-urls has ${U2} but missing from --initial-cluster=a=${U1},a=${U2}`,
    );
    expect(verdict({ a: [U1, U2] }, [U2])).toBe(
      `--initial-cluster has a=${U1} but missing from --initial-advertise-peer-urls=${U2} ` +
        `(len(["${U2}"]) != len(["${U1}" "${U2}"]))`,
    );
  });

  test('takes a host name for the address it has', () => {
    expect(verdict({ a: [NAMED] }, [U1], { [NAMED]: U1 })).toBeUndefined();
    expect(verdict({ a: [NAMED] }, [U1], { [NAMED]: U2 })).toContain(
      `(resolved urls: "${U1}" != "${U2}")`,
    );
    expect(verdict({ a: [NAMED] }, [U1], { [NAMED]: undefined })).toContain(
      `(failed to resolve "${NAMED}")`,
    );
  });

  test('does not look up what is the same as written', () => {
    expect(verdict({ a: [NAMED] }, [NAMED], { [NAMED]: undefined })).toBeUndefined();
  });

  test('needs every URL to be one member’s, named once', () => {
    expect(verdict({ a: [U1], b: [U1] }, [U1])).toBe(
      `initial cluster a=${U1},b=${U1} has duplicate url`,
    );
    expect(verdict({ a: [U1, U1] }, [U1])).toBe(
      `failed to resolve ${U1} to match --initial-cluster=a=${U1} ` +
        `(len(["${U1}"]) != len(["${U1}" "${U1}"]))`,
    );
    const joining = { localName: 'a', cluster: cluster({ a: [U1], b: [U1] }) };
    expect(verifyJoinExisting(joining)).toContain('has duplicate url');
  });
});
