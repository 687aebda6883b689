import { formatInitialCluster } from './initial-cluster.js';
import type { InitialCluster } from './initial-cluster.js';

export interface JoinCheck {
  readonly localName: string;
  readonly cluster: InitialCluster;
}

export interface BootstrapCheck extends JoinCheck {
  /** In normal form. */
  readonly advertisePeerUrls: readonly string[];
  /**
   * The URL with its host name looked up (beforehand), `localhost` left as it is; undefined when
   * the look-up failed. Asked only about URLs that do not match as written.
   */
  readonly resolve: (url: string) => string | undefined;
}

/** Why no new cluster can be started so, in etcd's words; undefined: all is well. */
export function verifyBootstrap(check: BootstrapCheck): string | undefined {
  return localMemberMissing(check) ?? advertiseMismatch(check) ?? duplicateUrl(check.cluster);
}

/** Why no existing cluster can be joined so, in etcd's words; undefined: all is well. */
export function verifyJoinExisting(check: JoinCheck): string | undefined {
  return localMemberMissing(check) ?? duplicateUrl(check.cluster);
}

function localMemberMissing({ localName, cluster }: JoinCheck): string | undefined {
  if (cluster.has(localName)) return undefined;
  return `couldn't find local name "${localName}" in the initial cluster configuration`;
}

function duplicateUrl(cluster: InitialCluster): string | undefined {
  const urls = [...cluster.values()].flat();
  if (new Set(urls).size === urls.length) return undefined;
  return `initial cluster ${formatInitialCluster(cluster)} has duplicate url`;
}

function advertiseMismatch(check: BootstrapCheck): string | undefined {
  const { localName: name, cluster } = check;
  const expected = [...(cluster.get(name) ?? [])].sort();
  const advertised = [...check.advertisePeerUrls].sort();
  const difference = resolvedDifference(advertised, expected, check.resolve);
  if (difference === undefined) return undefined;
  const advertisedText = advertised.join(',');
  const withName = (urls: readonly string[]): string =>
    formatInitialCluster(new Map([[name, urls]]));
  const notAdvertised = expected.filter((url) => !advertised.includes(url));
  if (notAdvertised.length > 0) {
    return (
      `--initial-cluster has ${withName([...new Set(notAdvertised)])} but missing from ` +
      `--initial-advertise-peer-urls=${advertisedText} (${difference})`
    );
  }
  const notExpected = advertised.filter((url) => !expected.includes(url));
  if (notExpected.length > 0) {
    return (
      `--initial-advertise-peer-urls has ${[...new Set(notExpected)].join(',')} but missing from ` +
      `--initial-cluster=${withName(advertised)}`
    );
  }
  return (
    `failed to resolve ${advertisedText} to match ` +
    `--initial-cluster=${withName(advertised)} (${difference})`
  );
}

/** How two lists of URLs differ once host names are looked up, in etcd's words; undefined: not at all. */
export function resolvedDifference(
  oneList: readonly string[],
  otherList: readonly string[],
  resolve: (url: string) => string | undefined,
): string | undefined {
  const [advertised, expected] = [[...oneList].sort(), [...otherList].sort()];
  if (advertised.length !== expected.length) {
    return `len(${quotedList(advertised)}) != len(${quotedList(expected)})`;
  }
  if (advertised.every((url, i) => url === expected[i])) return undefined;
  for (const url of [...advertised, ...expected]) {
    if (resolve(url) === undefined) return `failed to resolve "${url}"`;
  }
  const theirs = advertised.map((url) => resolve(url) ?? url).sort();
  const ours = expected.map((url) => resolve(url) ?? url).sort();
  const at = theirs.findIndex((url, i) => url !== ours[i]);
  return at < 0 ? undefined : `resolved urls: "${theirs[at]}" != "${ours[at]}"`;
}

function quotedList(urls: readonly string[]): string {
  return `[${urls.map((url) => `"${url}"`).join(' ')}]`;
}
