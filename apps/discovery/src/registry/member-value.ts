import { parseEndpointUrl } from '@etcd-ts/config';

/** URLs of one member; real ones have one, seldom two. */
const MAX_URLS = 16;
/** A name, and that many URLs of names as long as they come in practice. */
const MAX_VALUE_BYTES = 4096;

/**
 * What is wrong with what a member wants to register, if anything. One entry that nobody can parse
 * would keep the whole cluster from starting, long after whoever wrote it is gone.
 */
export function complaintAboutValue(value: string): string | undefined {
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) return `more than ${MAX_VALUE_BYTES} bytes`;
  const entries = value.split(',');
  if (entries.length > MAX_URLS) return `more than ${MAX_URLS} URLs`;
  const names = new Set<string>();
  for (const entry of entries) {
    const equals = entry.indexOf('=');
    if (equals <= 0) return 'a member registers as name=url[,name=url]';
    names.add(entry.slice(0, equals));
    const url = parseEndpointUrl(entry.slice(equals + 1).trim());
    if (url.kind === 'error') return url.message;
  }
  return names.size === 1 ? undefined : 'all URLs of a member go by one name';
}
