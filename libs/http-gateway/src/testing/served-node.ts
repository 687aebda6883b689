import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import type { AccessOptions } from '../access.js';
import { createHttpServer } from '../http-server.js';
import { clientListener, metricsListener } from '../listener.js';
import type { AlarmName, NodeStatus } from '../node-status.js';

/** A node in any state a test wants. */
export class FakeNode implements NodeStatus {
  readonly serverVersion = '3.7.1';
  readonly commandLine = ['etcd', '--name=a'];
  readonly fileDescriptorLimit = 20000;
  decided = true;
  leader = true;
  learner = false;
  raised: AlarmName[] = [];
  readError: Error | undefined;
  readonly reads: string[] = [];

  clusterVersion = (): string | undefined => (this.decided ? '3.7.0' : undefined);
  storageVersion = (): string | undefined => (this.decided ? '3.7.0' : undefined);
  hasLeader = (): boolean => this.leader;
  isLearner = (): boolean => this.learner;
  alarms = (): readonly AlarmName[] => this.raised;
  probeRead = (kind: string): Promise<void> => {
    this.reads.push(kind);
    return this.readError === undefined ? Promise.resolve() : Promise.reject(this.readError);
  };
  raftStatus = () => ({
    id: '6fb0da9e2cae6baa',
    term: 2,
    vote: '6fb0da9e2cae6baa',
    commit: 6,
    lead: '6fb0da9e2cae6baa',
    raftState: 'StateLeader' as const,
    applied: 6,
    progress: { '6fb0da9e2cae6baa': { match: 6, next: 7, state: 'StateReplicate' as const } },
    leadtransferee: '0',
  });
  scrapeMetrics = () =>
    Promise.resolve({
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      text: 'etcd_server_has_leader 1\n',
    });
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ServedNode {
  ask(path: string, method?: string, headers?: Record<string, string>): Promise<Reply>;
  /** The answer to bytes that no HTTP library would send, until the server ends the connection. */
  send(bytes: string): Promise<string>;
  /** What the observer was told, in order. */
  readonly observed: readonly string[];
  close(): Promise<void>;
}

const OPEN: AccessOptions = {
  corsOrigins: ['*'],
  hostWhitelist: ['*'],
  asksForUsers: () => false,
};

/** A fake node behind a real socket. */
export async function serve(
  node: NodeStatus,
  face: 'client' | 'metrics' = 'client',
  access: Partial<AccessOptions> = {},
): Promise<ServedNode> {
  const observed: string[] = [];
  const observer = {
    health: (healthy: boolean) => void observed.push(`health ${healthy}`),
    check: (type: string, name: string, healthy: boolean) =>
      void observed.push(`${type} ${name} ${healthy}`),
  };
  const options = { node, observer, logger: SILENT_LOGGER };
  const server = createHttpServer(
    face === 'client' ? clientListener(options, { ...OPEN, ...access }) : metricsListener(options),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    observed,
    ask: (path, method = 'GET', headers = {}) => ask(port, path, method, headers),
    send: (bytes) => send(port, bytes),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function ask(
  port: number,
  path: string,
  method: string,
  headers: Record<string, string>,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path, method, headers, agent: false };
    const request = httpRequest(target, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string>,
          body,
        }),
      );
    });
    request.on('error', reject);
    request.end();
  });
}

function send(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('close', () => resolve(received));
    socket.on('error', reject);
    socket.write(bytes, 'latin1');
  });
}
