export type { AccessOptions } from './access.js';
export { createHttpServer } from './http-server.js';
export { JsonGateway } from './json/json-gateway.js';
export { clientListener, metricsListener } from './listener.js';
export type { ApiHandler, HttpFace } from './listener.js';
export { peerListener } from './peer-listener.js';
export type { PeerFace, PeerOperations } from './peer-listener.js';
export type {
  AlarmName,
  HealthObserver,
  NodeStatus,
  RaftProgressReport,
  RaftStatusReport,
} from './node-status.js';
export { upgradeListener } from './upgrades.js';
export type { UpgradeListener } from './upgrades.js';
