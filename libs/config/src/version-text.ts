export interface BuildInfo {
  /** The etcd whose API and behaviour a node has; clients gate features on it. */
  readonly apiVersion: string;
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
    `etcd Version: ${build.apiVersion}`,
    `Git SHA: ${build.commit} (etcd-ts ${build.version})`,
    `Go Version: go0 (node ${build.nodeVersion})`,
    `Go OS/Arch: ${build.os}/${build.arch}`,
    '',
  ].join('\n');
