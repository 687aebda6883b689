/** Valid requests, by the end of their path. */
export const BODIES: Readonly<Record<string, readonly unknown[]>> = {
  'kv/range': [
    { key: 'YQ==', range_end: 'AA==', limit: '10', revision: 5, sort_order: 'DESCEND' },
    { key: 'YQ', rangeEnd: '', sortTarget: 'MOD', serializable: true, keys_only: false },
  ],
  'kv/put': [
    { key: 'YQ==', value: 'AAECAw==', lease: '7587869321364178689', prev_kv: true },
    { key: '_-8=', value: '', ignore_value: true, ignoreLease: false },
  ],
  'kv/deleterange': [{ key: 'YQ==', range_end: 'Yg==', prev_kv: true }],
  'kv/compaction': [{ revision: '9007199254740993', physical: true }],
  'kv/txn': [
    {
      compare: [
        { key: 'YQ==', target: 'VALUE', result: 'EQUAL', value: 'YQ==' },
        { key: 'YQ==', target: 1, result: 2, mod_revision: '4' },
        { key: 'YQ==', range_end: 'AA==', target: 'LEASE', lease: -1 },
      ],
      success: [
        { request_put: { key: 'YQ==', value: 'Yg==' } },
        { requestRange: { key: 'YQ==' } },
        { request_txn: { success: [{ request_delete_range: { key: 'AA==' } }], failure: [] } },
      ],
      failure: [{ request_delete_range: { key: 'YQ==', prevKv: true } }],
    },
  ],
  watch: [
    { create_request: { key: 'YQ==', range_end: 'AA==', start_revision: '3', filters: ['NOPUT'] } },
    { create_request: { key: 'YQ==', progress_notify: true, watch_id: 5, fragment: true } },
    { cancel_request: { watch_id: '7' } },
    { progress_request: {} },
  ],
  'lease/grant': [{ TTL: '60', ID: 0 }],
  'lease/keepalive': [{ ID: '123' }],
  'lease/timetolive': [{ ID: 12, keys: true }],
  'cluster/member/add': [{ peerURLs: ['http://10.0.0.1:2380'], is_learner: true }],
  'cluster/member/update': [{ ID: '18446744073709551615', peerURLs: ['http://a:1'] }],
  'maintenance/alarm': [{ action: 'ACTIVATE', memberID: '3', alarm: 'NOSPACE' }],
  'maintenance/hashkv': [{ revision: 4 }],
  'maintenance/downgrade': [{ action: 'ENABLE', version: '3.6.0' }],
  'auth/authenticate': [{ name: 'root', password: 'p\u00e9\u{1f600}' }],
  'auth/user/add': [
    { name: 'u', password: '', options: { no_password: true }, hashedPassword: '' },
  ],
  'auth/role/grant': [
    { name: 'r', perm: { permType: 'READWRITE', key: 'YQ==', range_end: 'AA==' } },
  ],
  'lock/lock': [{ name: 'bQ==', lease: '5' }],
  'election/proclaim': [
    { leader: { name: 'bg==', key: 'aw==', rev: '3', lease: '4' }, value: 'dg==' },
  ],
};
