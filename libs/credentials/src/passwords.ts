import { hash, hashSync, verify } from '@node-rs/bcrypt';
import { asBuffer } from '@etcd-ts/foundation';
import { authError } from './auth-error.js';
import { HashingLane } from './hashing-lane.js';

/** What etcd falls back to when --bcrypt-cost is none that bcrypt knows. */
export const DEFAULT_BCRYPT_COST = 10;
export const MIN_BCRYPT_COST = 4;
export const MAX_BCRYPT_COST = 31;

/** bcrypt looks at no more; etcd refuses to hash a longer password, and so do we. */
const MAX_PASSWORD_BYTES = 72;

/** "2a", "2b" and "2y" name one algorithm; etcd writes the first. */
const PREFIX = /^\$2[aby]\$/;

/** Hashes and compares passwords, one at a time and off the event loop. */
export class Passwords {
  readonly #lane = new HashingLane();
  readonly #cost: number;

  /** `cost` is --bcrypt-cost; the default takes its place if it is out of range. */
  constructor(cost: number) {
    const valid = cost >= MIN_BCRYPT_COST && cost <= MAX_BCRYPT_COST;
    this.#cost = valid ? cost : DEFAULT_BCRYPT_COST;
  }

  /**
   * base64 of the hash, as it goes into the log. Throws EtcdError: the password is too long, or too
   * much is waiting. Nothing that is thrown or logged contains the password.
   */
  async hashForLog(password: string, signal: AbortSignal): Promise<string> {
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) throw authError('PasswordTooLong');
    const text = await this.#lane.run(() => hash(password, this.#cost), signal);
    return Buffer.from(text.replace(PREFIX, '$2a$')).toString('base64');
  }

  /**
   * Whether it is this password; never what is no bcrypt hash. `admitted` is asked when the turn
   * has come, before anything is compared. Throws as `hashForLog`.
   */
  compare(
    password: string,
    passwordHash: Uint8Array,
    admitted: () => boolean,
    signal: AbortSignal,
  ): Promise<'equal' | 'different' | 'notAdmitted'> {
    const text = asBuffer(passwordHash).toString('latin1');
    return this.#lane.run(async () => {
      if (!admitted()) return 'notAdmitted';
      return (await verify(password, text)) ? 'equal' : 'different';
    }, signal);
  }

  /**
   * On the spot, holding the event loop for the time it takes: for log entries of members before
   * etcd 3.5, which bring the password itself and must be applied before the next entry.
   */
  hashNow(password: string): Uint8Array {
    return Buffer.from(hashSync(password, this.#cost).replace(PREFIX, '$2a$'));
  }
}
