/** The node cannot start with this configuration and this data directory; the text is etcd's. */
export class BootstrapError extends Error {
  override readonly name = 'BootstrapError';
}
