import { EtcdProcess, RpcClient } from '@etcd-ts/testkit';

import { enableUsers, ROOT } from '../login-flood/users.js';

/** Passwords that must appear nowhere. */
export const SECRETS = {
  root: ROOT.password,
  ann: 'the password of ann',
  annNew: 'another password of ann',
  guess: 'what somebody has guessed',
} as const;

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A member with users, asked as JSON: root, and ann who may read the one key "k". */
export class GuardedNode {
  readonly process: EtcdProcess;
  readonly tokens: { readonly root: string; readonly ann: string };

  private constructor(process: EtcdProcess, tokens: GuardedNode['tokens']) {
    this.process = process;
    this.tokens = tokens;
  }

  static async start(): Promise<GuardedNode> {
    const process = await EtcdProcess.start({
      flavour: 'ours',
      flags: [
        ...['--bcrypt-cost', '4', '--enable-v2', '--log-level', 'debug'],
        ...['--host-whitelist', '127.0.0.1'],
      ],
      // The worst that an operator's shell may have: nothing is closed to others by itself.
      wrapper: ['sh', '-c', 'umask 000; exec "$@"', 'sh'],
    });
    const client = new RpcClient(process.endpoint);
    const root = await enableUsers(client);
    client.close();
    const node = new GuardedNode(process, { root, ann: '' });
    for (const [path, body] of ANN) {
      const { status, text } = await node.ask(path, body, root);
      if (status !== 200) throw new Error(`${path}: ${text}`);
    }
    const { text } = await node.ask('auth/authenticate', { name: 'ann', password: SECRETS.ann });
    const { token } = JSON.parse(text) as { readonly token: string };
    return new GuardedNode(process, { root, ann: token });
  }

  get url(): string {
    return `http://${this.process.endpoint}`;
  }

  async ask(path: string, body: unknown, token?: string): Promise<Answer> {
    const response = await fetch(`${this.url}/v3/${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(token === undefined ? {} : { headers: { authorization: token } }),
    });
    return { status: response.status, text: await response.text() };
  }

  /** The first answer of a stream, which is then left. */
  async first(path: string, body: unknown, token: string): Promise<string> {
    const leave = new AbortController();
    const response = await fetch(`${this.url}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: token },
      signal: leave.signal,
    });
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
      if (text.includes('\n')) break;
    }
    leave.abort();
    return text;
  }

  async page(path: string): Promise<string> {
    return (await fetch(this.url + path)).text();
  }
}

export const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

export const LEASE = '9007199254740993';

const ANN: readonly (readonly [string, unknown])[] = [
  ['auth/user/add', { name: 'ann', password: SECRETS.ann }],
  ['auth/role/add', { name: 'reader' }],
  ['auth/role/grant', { name: 'reader', perm: { permType: 'READ', key: base64('k') } }],
  ['auth/user/grant', { user: 'ann', role: 'reader' }],
  ['kv/put', { key: base64('k'), value: base64('v') }],
  ['lease/grant', { ID: LEASE, TTL: 600 }],
  ['kv/put', { key: base64('secret-key'), value: base64('v'), lease: LEASE }],
];
