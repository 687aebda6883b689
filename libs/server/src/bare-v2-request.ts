/** Of the v2 requests that are logged; reads are not. */
const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'QGET', 'SYNC']);
const ID_TAG = (1 << 3) | 0;
const METHOD_TAG = (2 << 3) | 2;
const MORE = 0x80;

/**
 * Whether a log entry is a v2 request as members of etcd 3.5 and older log them: bare, where all
 * other requests are fields of an InternalRaftRequest. Both are told apart by their first fields, an
 * id and then the word of a method, where the other has a message: no decoder can be asked, since
 * some bytes have a meaning as either.
 */
export function isBareV2Request(data: Uint8Array): boolean {
  let at = 0;
  if (data[at++] !== ID_TAG) return false;
  while (((data[at++] ?? 0) & MORE) !== 0);
  if (data[at++] !== METHOD_TAG) return false;
  const length = data[at++] ?? 0;
  return METHODS.has(Buffer.from(data.subarray(at, at + length)).toString('latin1'));
}
