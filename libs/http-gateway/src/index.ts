export type { AccessOptions } from './access.js';
export { createHttpServer } from './http-server.js';
export { clientListener, metricsListener, peerListener } from './listener.js';
export type { HttpFace, PeerFace } from './listener.js';
export type {
  AlarmName,
  HealthObserver,
  NodeStatus,
  RaftProgressReport,
  RaftStatusReport,
} from './node-status.js';
