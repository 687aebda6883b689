export { PeerHttpCalls } from './calls/peer-calls.js';
export { Transport } from './transport.js';
export type {
  LocalMember,
  RaftPort,
  ReceiveOutcome,
  SnapshotContent,
  SnapshotSink,
  SnapshotSource,
  TransportObserver,
  TransportOptions,
} from './transport-options.js';
