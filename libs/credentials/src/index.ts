export { authError } from './auth-error.js';
export { LimitedLog } from './limited-log.js';
export { LoginThrottle } from './login-throttle.js';
export { PasswordLogin } from './password-login.js';
export type { LoginAttempt, PasswordLoginParts } from './password-login.js';
export { Passwords } from './passwords.js';
export { setUpTokens } from './token-setup.js';
export type { TokenSetup, TokenSetupOutcome } from './token-setup.js';
