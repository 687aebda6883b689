import type { EtcdEndpoints } from '@etcd-ts/bootstrap';
import { sizeKey } from '@etcd-ts/bootstrap';
import { DeleteRangeRequest, KVDefinition, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';
import { absent } from './etcd-requests.js';
import { registryPrefix, tokenOfKey, tokenPrefix } from './etcd-token-keys.js';

/** Keys looked at in one request. */
const PAGE_KEYS = 1000n;
/** Tokens of the public service; what else an operator keeps in the registry is left alone. */
const OUR_TOKEN = /^[a-f0-9]{32}$/u;

/**
 * Removes what is left of tokens whose size is gone: members that speak v3 write their own keys,
 * without a lease. Resolves with the number of tokens.
 */
export async function collectOrphans(endpoints: EtcdEndpoints): Promise<number> {
  let removed = 0;
  for (const token of await tokensWithoutSize(endpoints)) {
    const value = DeleteRangeRequest.fromPartial(tokenPrefix(token));
    const request = TxnRequest.fromPartial({
      // It may have come since.
      compare: absent(sizeKey(token)),
      success: [{ request: { $case: 'requestDeleteRange', value } }],
    });
    const response = await endpoints.request((connection, options) =>
      connection.service(KVDefinition).txn(request, options),
    );
    if (response.succeeded) removed++;
  }
  return removed;
}

async function tokensWithoutSize(endpoints: EtcdEndpoints): Promise<ReadonlySet<string>> {
  const { rangeEnd } = registryPrefix();
  let { key } = registryPrefix();
  const orphans = new Set<string>();
  let withSize = '';
  for (;;) {
    const request = RangeRequest.fromPartial({ key, rangeEnd, limit: PAGE_KEYS, keysOnly: true });
    const { kvs, more } = await endpoints.request((connection, options) =>
      connection.service(KVDefinition).range(request, options),
    );
    for (const kv of kvs) {
      const token = tokenOfKey(kv.key) ?? '';
      // Of a token’s keys those under _config come first, though the size is not the very first.
      if (kv.key.toString('utf8') === sizeKey(token)) {
        withSize = token;
        orphans.delete(token);
      } else if (OUR_TOKEN.test(token) && token !== withSize) orphans.add(token);
    }
    const last = kvs.at(-1);
    if (!more || last === undefined) break;
    key = Buffer.concat([last.key, Buffer.of(0)]);
  }
  return orphans;
}
