import type { AuthFailure } from '@etcd-ts/auth';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

/** etcd has no code for these: they go out as Unknown, with its internal words. */
const UNNAMED = {
  NoPasswordUser: 'auth: authentication failed, password was given for no password user',
  VerifyOnly: 'auth: token signing attempted with verify-only key',
  PasswordTooLong: 'bcrypt: password length exceeds 72 bytes',
} as const;

/** What a client is told: the code and the text of etcd. */
export function authError(failure: AuthFailure | keyof typeof UNNAMED): EtcdError {
  switch (failure) {
    case 'NoPasswordUser':
    case 'VerifyOnly':
    case 'PasswordTooLong':
      return new EtcdError({ code: GrpcStatus.Unknown, message: UNNAMED[failure] });
    default:
      return ERRORS[failure].error();
  }
}
