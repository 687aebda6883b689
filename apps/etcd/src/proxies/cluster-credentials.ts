import { failure } from '@etcd-ts/command-line';
import { errorText } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import { dialerCredentials } from '@etcd-ts/tls';
import type { DialerFiles, TlsCredentials } from '@etcd-ts/tls';

/** What a proxy shows the cluster and whom it trusts there; throws what the command line is told. */
export function credentialsOf(files: DialerFiles, logger: Logger): TlsCredentials {
  try {
    return dialerCredentials(files, logger);
  } catch (error) {
    throw failure(errorText(error));
  }
}
