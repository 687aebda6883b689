import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/**
 * Node reads the authorities of NODE_EXTRA_CA_CERTS before anything else, which takes longer than a
 * command does and is of use for TLS alone. The launcher therefore hides the variable in this one.
 */
const HIDDEN = 'ETCD_TS_EXTRA_CA_CERTS';
const VARIABLE = 'NODE_EXTRA_CA_CERTS';

let file: string | undefined;
let authorities: string[] | undefined;

/** Puts the variable back where those look for it whom this program starts. */
export function findExtraAuthorities(environment: Record<string, string | undefined>): void {
  file = environment[HIDDEN];
  if (file === undefined) return;
  environment[VARIABLE] = file;
  delete environment[HIDDEN];
}

/**
 * Whom to believe where no authorities are named: those Node would believe if it had not been kept
 * from reading the file. undefined: it was not, and believes them by itself.
 */
export function ownAuthorities(): string[] | undefined {
  if (file !== undefined) authorities ??= [...rootCertificates, ...extraFrom(file)];
  return authorities;
}

/** A file that cannot be read adds nobody, and Node too says so and goes on. */
function extraFrom(path: string): string[] {
  try {
    return [readFileSync(path, 'latin1')];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.emitWarning(`Ignoring extra certs from \`${path}\`, load failed: ${why}`);
    return [];
  }
}
