/**
 * The etcd release whose API, files and behaviour this server offers. Clients and members decide
 * by it what they may ask for, so it names etcd's version, not this package's.
 */
export const SERVER_VERSION = '3.7.1';
/** Of their storage schema. */
export const STORAGE_VERSION = '3.7.0';
/** The oldest cluster such a server can be a member of. */
export const MIN_CLUSTER_VERSION = '3.0.0';
