/** What two correct servers may print differently, and how it reads in a comparison. */
const DIFFERING: readonly (readonly [RegExp, string])[] = [
  // Times and durations.
  [/"ts":"[^"]+"/g, '"ts":"TIME"'],
  [/"ts":[0-9.]+/g, '"ts":"TIME"'],
  [/^[0-9-]{10} [0-9:.]+ (?=[WC] \| )/gm, 'TIME '],
  [/took( =)? [0-9.]+[µnm]?s/g, 'took DURATION'],
  [/"took":"[^"]+"/g, '"took":"DURATION"'],
  [/("Took" : )\S+/g, '$1DURATION'],
  [/remaining\(\d+s\)/g, 'remaining(SECONDS)'],
  // The client names its own connection at random.
  [/endpoint:\/\/client-[0-9a-f-]+\//g, 'endpoint://client-ID/'],
];

/** Go iterates a map to list the keys of a lease: no order is promised. */
function sortAttachedKeys(output: string): string {
  return output.replaceAll(
    /attached keys\(\[(.*?)\]\)/g,
    (_all, keys: string) => `attached keys([${keys.split(' ').sort().join(' ')}])`,
  );
}

/** Output of etcdctl without the address of the server and without clocks. */
export function normalise(output: string, endpoint: string): string {
  const text = sortAttachedKeys(output.replaceAll(endpoint, 'ENDPOINT'));
  return DIFFERING.reduce((seen, [pattern, name]) => seen.replaceAll(pattern, name), text);
}
