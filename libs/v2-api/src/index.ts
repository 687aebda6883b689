export type { CertificateUser } from './gatekeeper.js';
export { V2Face } from './v2-face.js';
export type { V2FaceParts } from './v2-face.js';
export type {
  FollowerReport,
  MemberOutcome,
  SelfReport,
  TrafficReport,
  V2Member,
  V2Passwords,
  V2Server,
} from './v2-server.js';
export { fromWire, toWire } from './wire-request.js';
