export { ETCD_METHODS, etcdServices } from './services.js';
export type { EtcdServicesParts } from './services.js';
export { cancelReasonOf, refuseCreate, watchKey } from './watch/create-request.js';
export { fragments } from './watch/fragmentation.js';
