import { statSync } from 'node:fs';
import type { Logger } from '@etcd-ts/foundation';

import type { TlsSettings } from './tls-settings.js';

const FOR_OTHERS = 0o077;

/** A private key that others on the machine can read is no secret: said at the start. */
export function adviseOnKeyFiles({ served, shown }: TlsSettings, logger: Logger): void {
  const files = [served?.keyFile, shown?.keyFile].filter((file) => file !== undefined);
  for (const file of new Set(files)) {
    const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & FOR_OTHERS) === 0) continue;
    logger.warn('check file permission', {
      error:
        `file "${file}" exist, but the permission is "${(mode & 0o777).toString(8).padStart(4, '0')}". ` +
        'The recommended permission is "0600" to prevent possible unprivileged access to the key',
    });
  }
}
