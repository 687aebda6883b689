/** Of etcd, whose program this does the work of. */
export const ETCDUTL_VERSION = '3.7.1';
export const API_VERSION = '3.7';
