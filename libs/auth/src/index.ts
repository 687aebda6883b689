export type { AccessControl } from './access-control.js';
export type { AuthFailure, AuthOutcome } from './auth-failure.js';
export type { AuthBuckets } from './auth-records.js';
export { AuthStore } from './auth-store.js';
export type { AuthStoreParts, Identity, PasswordQuestion } from './auth-store.js';
export { credentialsOf } from './call-credentials.js';
export type { CallCredentials } from './call-credentials.js';
export type { RequestAccess } from './request-access.js';
export type {
  DeleteRangeAccess,
  KeysOfLease,
  OperationAccess,
  PutAccess,
  RangeAccess,
  TxnAccess,
} from './request-access.js';
export type { Permission } from './role.js';
export { SimpleTokens } from './simple-tokens.js';
export type { SimpleTokensOptions } from './simple-tokens.js';
export { NO_TOKENS } from './token-provider.js';
export type { IssuedToken, Login, TokenProvider } from './token-provider.js';
export type { PasswordEntry, UserAdd } from './user-administration.js';
export { NOBODY } from './user.js';
export type { AuthInfo } from './user.js';
