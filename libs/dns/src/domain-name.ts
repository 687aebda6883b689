/** RFC 1035 section 3.1: a name is at most 255 bytes on the wire, a label 63. */
const MAX_NAME_BYTES = 253;
const MAX_LABEL_BYTES = 63;

/** Lower case and without the dot of the root, which is how names are compared here. */
export const normalName = (name: string): string => name.toLowerCase().replace(/\.$/u, '');

/** Whether this can be asked for at all. Underscores belong to names of services. */
export function isDomainName(name: string): boolean {
  const bare = name.replace(/\.$/u, '');
  if (bare === '' || bare.length > MAX_NAME_BYTES) return false;
  return bare
    .split('.')
    .every((label) => label.length <= MAX_LABEL_BYTES && /^[a-z0-9_-]+$/iu.test(label));
}
