export type { EndpointUrl, UrlScheme } from './endpoint-url.js';
export { parseEndpointUrl } from './endpoint-url.js';
export type { ConfigNotice } from './notice.js';
export { parseConfiguration } from './parse-configuration.js';
export type { Configuration, ConfigurationSources } from './parse-configuration.js';
export type {
  AutoCompaction,
  Discovery,
  LogLevel,
  ServerConfig,
  TlsPolicy,
  TlsVersion,
  TransportSecurity,
} from './server-config.js';
export { shownArguments } from './shown-arguments.js';
export type { BuildInfo } from './version-text.js';
