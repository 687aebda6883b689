/**
 * The etcd release whose API, files and behaviour this server offers. Clients and members decide
 * by it what they may ask for, so it names etcd's version, not this package's.
 */
export const SERVER_VERSION = '3.7.1';
/** What a cluster of such servers agrees on, and the version of their storage schema. */
export const CLUSTER_VERSION = '3.7.0';
export const STORAGE_VERSION = '3.7.0';
