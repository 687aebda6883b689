import type { OptionName } from './option-schema.js';

/** The v3 discovery is the one thing that a file says in maps within maps. */
export const DISCOVERY_SECTION = 'discovery-config';

/** Where the maps are, and where each option of the discovery is, from the top of the file. */
export const DISCOVERY_MAPS: ReadonlySet<string> = new Set([
  'discovery-config.client',
  'discovery-config.client.secure',
  'discovery-config.client.auth',
]);

export const DISCOVERY_PLACES: ReadonlyMap<string, OptionName> = new Map([
  ['discovery-config.token', 'discovery-token'],
  ['discovery-config.client.endpoints', 'discovery-endpoints'],
  ['discovery-config.client.dial-timeout', 'discovery-dial-timeout'],
  ['discovery-config.client.request-timeout', 'discovery-request-timeout'],
  ['discovery-config.client.keepalive-time', 'discovery-keepalive-time'],
  ['discovery-config.client.keepalive-timeout', 'discovery-keepalive-timeout'],
  ['discovery-config.client.secure.cert', 'discovery-cert'],
  ['discovery-config.client.secure.key', 'discovery-key'],
  ['discovery-config.client.secure.cacert', 'discovery-cacert'],
  ['discovery-config.client.secure.insecure-transport', 'discovery-insecure-transport'],
  ['discovery-config.client.secure.insecure-skip-tls-verify', 'discovery-insecure-skip-tls-verify'],
  ['discovery-config.client.auth.username', 'discovery-user'],
  ['discovery-config.client.auth.password', 'discovery-password'],
]);
