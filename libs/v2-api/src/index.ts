export type { CertificateUser } from './gatekeeper.js';
export { V2Face } from './v2-face.js';
export type { V2FaceParts } from './v2-face.js';
export type { V2Passwords } from './v2-passwords.js';
