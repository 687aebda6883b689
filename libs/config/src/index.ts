export type { EndpointUrl, UrlScheme } from './endpoint-url.js';
export type { AutoCompaction, LogLevel, LogRotation, ServerConfig } from './server-config.js';
