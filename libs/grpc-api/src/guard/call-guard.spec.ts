import { PutRequest, TxnRequest } from '@etcd-ts/wire-protocol';

import { abortable } from './abortable.js';
import { ClientVersions } from './client-versions.js';
import { requestStats } from './request-stats.js';

describe('the label of a client version', () => {
  it('is what the client says, as long as there are few and they are short', () => {
    const versions = new ClientVersions();
    expect(versions.label(undefined)).toBe('unknown');
    expect(versions.label('3.5.0')).toBe('3.5.0');
    expect(versions.label('caf\u00e9')).toBeUndefined();
    expect(versions.label('x'.repeat(65))).toBe('other');
    for (let at = 0; at < 200; at++) versions.label(`v${at}`);
    expect(versions.label('one more')).toBe('other');
    expect(versions.label('3.5.0')).toBe('3.5.0');
  });
});

describe('the statistics of a slow request', () => {
  it('name keys and sizes, and never a value', () => {
    const put = PutRequest.create({ key: Buffer.from('k"\x01'), value: Buffer.from('secret') });
    const stats = requestStats('/etcdserverpb.KV/Put', PutRequest.encode(put).finish(), undefined);
    expect(stats).toMatchObject({
      'request count': 1,
      'response size': 0,
      'request content': 'key:"k\\"\\001" value_size:6',
    });
    const txn = TxnRequest.create({
      success: [{ request: { $case: 'requestPut', value: put } }],
    });
    const text = requestStats('/etcdserverpb.KV/Txn', TxnRequest.encode(txn).finish(), undefined);
    expect(JSON.stringify(text)).not.toContain('secret');
    expect(text['request content']).toContain('success:<request_put:<key:');
  });

  it('say nothing of other requests, nor of bytes that are none', () => {
    for (const method of ['/etcdserverpb.Lease/LeaseGrant', '/etcdserverpb.KV/Put']) {
      const stats = requestStats(method, Uint8Array.of(0xff), undefined);
      expect(stats).toMatchObject({ 'request count': -1, 'request content': '' });
    }
  });
});

describe('an abortable sequence', () => {
  it('ends with the reason while it waits for a message that never comes', async () => {
    const controller = new AbortController();
    async function* source() {
      yield 1;
      await new Promise(() => undefined);
    }
    const received: number[] = [];
    const read = (async () => {
      for await (const message of abortable(source(), controller.signal)) {
        received.push(message);
        controller.abort(new Error('stop'));
      }
    })();
    await expect(read).rejects.toThrow('stop');
    expect(received).toEqual([1]);
  });
});
