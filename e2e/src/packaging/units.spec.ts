import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BackgroundCommand,
  createScratchDirectory,
  EtcdProcess,
  freePort,
  removeScratchDirectory,
  runCommand,
  workspaceRoot,
} from '@etcd-ts/testkit';

const ROOT = workspaceRoot();
const UNITS = join(ROOT, 'docker', 'systemd');
const INSTALLED = '/opt/etcd-ts';
const NAMES = readdirSync(UNITS).sort();

/** Stands in for systemd: prints the one datagram that it gets. */
const RECEIVER = `
import socket, sys
receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
receiver.settimeout(200)
print('bound', flush=True)
print(receiver.recv(100).decode(), flush=True)
`;

let directory: string;
const open: { stop(signal: NodeJS.Signals): Promise<unknown> }[] = [];
beforeEach(() => (directory = createScratchDirectory('units')));
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.stop('SIGKILL')));
  removeScratchDirectory(directory);
});

/** The unit as it would be where the work tree is installed. */
function unit(name: string): string {
  return readFileSync(join(UNITS, name), 'utf8').replaceAll(INSTALLED, ROOT);
}

describe('the unit files', () => {
  it('are all that there are programs for', () => {
    expect(NAMES).toEqual([
      'etcd-discovery.service',
      'etcd-srv-publish.service',
      'etcd-srv.service',
      'etcd.service',
    ]);
  });

  it('are right in the eyes of systemd, and a wrong one is not', async () => {
    const verify = async (name: string, text: string): Promise<string> => {
      writeFileSync(join(directory, name), text);
      const file = join(directory, name);
      const { exitCode, stdout, stderr } = await runCommand('systemd-analyze', ['verify', file]);
      return exitCode === 0 && stderr === '' ? '' : `${exitCode ?? '-'} ${stdout}${stderr}`;
    };
    for (const name of NAMES) expect([name, await verify(name, unit(name))]).toEqual([name, '']);
    const wrong = unit('etcd.service').replace('Restart=on-failure', 'Restart=perhaps');
    expect(await verify('wrong.service', wrong)).toContain('perhaps');
  });

  it.each(NAMES)('%s starts a program that tells systemd when it is ready', async (name) => {
    const environment = await environmentOf(name);
    const socket = join(directory, 'notify');
    const receiver = spawn('python3', ['-c', RECEIVER, socket]);
    let heard = '';
    const listening = new Promise<void>((resolve) =>
      receiver.stdout.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        if (heard.startsWith('bound')) resolve();
      }),
    );
    const ended = new Promise((resolve) => receiver.once('close', resolve));
    await listening;
    const [file = '', ...args] = (/^ExecStart=(.*)$/mu.exec(unit(name))?.[1] ?? '').split(' ');
    const env = { ...environment, NOTIFY_SOCKET: socket };
    const program = new BackgroundCommand(file, args, { env, cwd: directory });
    open.push(program);
    await ended;
    expect([heard, program.stderr]).toEqual(['bound\nREADY=1\n', expect.any(String)]);
    expect((await program.stop('SIGTERM')).signal).toBe('SIGTERM');
  });
});

/** What /etc/default would say, on free ports. */
async function environmentOf(name: string): Promise<Record<string, string>> {
  const address = `127.0.0.1:${await freePort()}`;
  switch (name) {
    case 'etcd.service':
      return {
        ETCD_DATA_DIR: join(directory, 'data'),
        ETCD_LISTEN_CLIENT_URLS: `http://${address}`,
        ETCD_ADVERTISE_CLIENT_URLS: `http://${address}`,
        ETCD_LISTEN_PEER_URLS: `http://127.0.0.1:${await freePort()}`,
      };
    case 'etcd-discovery.service':
      return { DISC_ADDR: address, DISC_DATA_DIR: join(directory, 'data') };
    case 'etcd-srv.service':
      return { ETCD_SRV_ADDR: address };
    default: {
      const node = await EtcdProcess.start({ flavour: 'ours' });
      open.push({ stop: () => node.dispose() });
      return {
        ETCD_SRV_DOMAIN: 'etcd.test',
        ETCD_SRV_ENDPOINTS: node.endpoint,
        ETCD_SRV_ADDR: address,
        ETCD_SRV_HTTP_ADDR: `127.0.0.1:${await freePort()}`,
      };
    }
  }
}
