export { ETCD_METHODS, etcdServices } from './services.js';
export type { EtcdServicesParts } from './services.js';
