import type { BuildInfo } from '@etcd-ts/config';
import { SERVER_VERSION } from '@etcd-ts/server';

// Put in by the build; absent when the sources run without it, as in tests.
declare const BUILD_VERSION: string | undefined;
declare const BUILD_COMMIT: string | undefined;

const GO_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
const GO_SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows' };

export const BUILD_INFO: BuildInfo = {
  apiVersion: SERVER_VERSION,
  version: typeof BUILD_VERSION === 'string' ? BUILD_VERSION : 'unknown',
  commit: typeof BUILD_COMMIT === 'string' ? BUILD_COMMIT : 'unknown',
  nodeVersion: process.version,
  os: GO_SYSTEMS[process.platform] ?? process.platform,
  arch: GO_ARCHITECTURES[process.arch] ?? process.arch,
};
