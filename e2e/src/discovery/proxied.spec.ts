import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { freePort, runCommand } from '@etcd-ts/testkit';
import type { Flavour } from '@etcd-ts/testkit';
import { CertificateStore } from '../tls/certificate-store.js';
import { DiscoveryProcess } from './discovery-process.js';
import { NewMember } from './new-member.js';

const open: { dispose(): Promise<void> }[] = [];
let store: CertificateStore;
let proxy: Server;
/** Of everybody who came to the proxy: where to, and who they said they were. */
const tunnels: string[] = [];

beforeAll(async () => {
  store = await CertificateStore.create();
  await store.issue('service');
  proxy = createServer((_request, response) => void response.writeHead(400).end());
  proxy.on('connect', (request, socket) => {
    const credentials = (request.headers['proxy-authorization'] ?? '').replace('Basic ', '');
    tunnels.push(`${request.url} ${Buffer.from(credentials, 'base64').toString()}`);
    const onward = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on('error', () => onward.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  store.remove();
});

it('members of etcd 3.4 and of ours meet at a service with TLS behind a proxy', async () => {
  const files = ['--cert-file', store.path('service.pem'), '--key-file', store.path('service.key')];
  const host = `https://localhost:${await freePort()}`;
  const service = await DiscoveryProcess.start(
    '--host',
    host,
    '--addr',
    new URL(host).host,
    ...files,
  );
  open.push(service);
  // The authority is known to them as to any program of Go, and of node.
  const env = { SSL_CERT_FILE: store.path('ca.pem'), NODE_EXTRA_CA_CERTS: store.path('ca.pem') };
  const { stdout: url } = await runCommand('curl', [...store.curlFlags(), `${host}/new?size=2`]);
  expect(url).toMatch(new RegExp(`^${host}/[0-9a-f]{32}$`, 'u'));
  const proxyUrl = `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const bootstrap = [
    ...['--discovery', url, '--discovery-proxy', proxyUrl],
    ...['--discovery-fallback', 'exit'],
  ];
  const members: NewMember[] = [];
  for (const flavour of ['ours', 'reference'] satisfies Flavour[]) {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    members.push(new NewMember({ flavour, name: flavour, clientPort, peerPort, bootstrap, env }));
  }
  open.push(...members);
  await Promise.all(members.map((each) => each.serves()));
  expect(await members[0]?.memberNames()).toEqual(['ours', 'reference']);
  expect(tunnels.length).toBeGreaterThan(4);
  expect(new Set(tunnels)).toEqual(new Set([`${new URL(host).host} me:secret`]));
});
