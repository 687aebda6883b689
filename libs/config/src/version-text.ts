/**
 * The etcd whose API, flags and behaviour a node has. Clients gate features on it, so it is what
 * /version, Status and --version report; the version of this program is a matter of its own.
 */
export const API_VERSION = '3.7.1';

export interface BuildInfo {
  /** Version of this program. */
  readonly version: string;
  /** Short hash of the commit it was built from. */
  readonly commit: string;
  /** Of the Node.js it runs on, such as `v20.20.2`. */
  readonly nodeVersion: string;
  /** As Go names them: `linux`, `amd64`. */
  readonly os: string;
  readonly arch: string;
}

/** Four lines with etcd's labels, which scripts take apart; the values are the truth about us. */
export const versionText = (build: BuildInfo): string =>
  [
    `etcd Version: ${API_VERSION}`,
    `Git SHA: ${build.commit} (etcd-ts ${build.version})`,
    `Go Version: go0 (node ${build.nodeVersion})`,
    `Go OS/Arch: ${build.os}/${build.arch}`,
    '',
  ].join('\n');
