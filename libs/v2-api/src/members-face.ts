import { parseEndpointUrl } from '@etcd-ts/config';
import type { MemberOutcome, V2Member, V2Server } from '@etcd-ts/server';
import { contentType } from './exchange.js';
import type { Answer, Exchange } from './exchange.js';
import { internalError, messageReply, noAccess } from './failure-reply.js';
import type { Gatekeeper } from './gatekeeper.js';
import { decodeWhole, GoDecodeError, texts } from './go-decode.js';
import { goString, goStrings } from './go-json.js';
import { readText } from './json-body.js';
import { json, methodNotAllowed, plainFailure } from './reply.js';
import type { Reply } from './reply.js';

export const MEMBERS_PREFIX = '/v2/members';
const METHODS = ['GET', 'POST', 'DELETE', 'PUT'];
const ID = /^[0-9a-fA-F]{1,16}$/u;

type PeerUrls =
  | { readonly kind: 'urls'; readonly urls: readonly string[] }
  | { readonly kind: 'refused'; readonly reply: Reply };

/** /v2/members: who is in the cluster, and who shall be. */
export class MembersFace {
  readonly #server: V2Server;
  readonly #gatekeeper: Gatekeeper;

  constructor(server: V2Server, gatekeeper: Gatekeeper) {
    this.#server = server;
    this.#gatekeeper = gatekeeper;
  }

  async answer(exchange: Exchange): Promise<Answer> {
    const { method, request } = exchange;
    if (!METHODS.includes(method)) return methodNotAllowed(METHODS);
    if (method !== 'GET' && !(await this.#gatekeeper.admitsAsRoot(request))) return noAccess();
    const reply = await this.#handle(exchange);
    const headers = { 'X-Etcd-Cluster-Id': this.#server.clusterId(), ...reply.headers };
    return { ...reply, headers };
  }

  #handle(exchange: Exchange): Reply | Promise<Reply> {
    const rest = exchange.target.path.slice(MEMBERS_PREFIX.length).replace(/^\//u, '');
    switch (exchange.method) {
      case 'GET':
        return this.#list(rest);
      case 'POST':
        return this.#add(exchange);
      case 'DELETE':
        return this.#withId(rest, (id) => this.#remove(rest, id));
      default:
        return this.#withId(rest, (id) => this.#update(exchange, rest, id));
    }
  }

  #list(rest: string): Reply {
    if (rest === '') {
      return json(200, `{"members":[${this.#server.members().map(memberJson).join(',')}]}\n`);
    }
    if (rest !== 'leader') return messageReply(404, 'Not found');
    const leader = this.#server.leader();
    if (leader === undefined) return messageReply(503, 'During election');
    return json(200, `${memberJson(leader)}\n`);
  }

  async #add(exchange: Exchange): Promise<Reply> {
    const peers = await readPeerUrls(exchange);
    if (peers.kind === 'refused') return peers.reply;
    const outcome = await this.#server.addMember(peers.urls);
    if (outcome.kind === 'ok') return json(201, `${memberJson(outcome.member)}\n`);
    return conflict(outcome) ?? internalError();
  }

  async #update(exchange: Exchange, shown: string, id: bigint): Promise<Reply> {
    const peers = await readPeerUrls(exchange);
    if (peers.kind === 'refused') return peers.reply;
    const outcome = await this.#server.updateMember(id, peers.urls);
    if (outcome.kind === 'ok') return { status: 204, headers: {}, body: '' };
    if (outcome.kind === 'notFound') return noSuchMember(shown);
    return conflict(outcome) ?? internalError();
  }

  async #remove(shown: string, id: bigint): Promise<Reply> {
    const outcome = await this.#server.removeMember(id);
    if (outcome.kind === 'ok') return { status: 204, headers: {}, body: '' };
    if (outcome.kind === 'notFound') return noSuchMember(shown);
    if (outcome.kind === 'removed')
      return messageReply(410, `Member permanently removed: ${shown}`);
    return internalError();
  }

  #withId(shown: string, use: (id: bigint) => Promise<Reply>): Reply | Promise<Reply> {
    if (shown === '') return plainFailure(405, 'Method Not Allowed');
    return ID.test(shown) ? use(BigInt(`0x${shown}`)) : noSuchMember(shown);
  }
}

function noSuchMember(shown: string): Reply {
  return messageReply(404, `No such member: ${shown}`);
}

function conflict({ kind }: MemberOutcome): Reply | undefined {
  if (kind === 'peerUrlExists') return messageReply(409, 'membership: peerURL exists');
  return kind === 'idExists' ? messageReply(409, 'membership: ID exists') : undefined;
}

function memberJson({ id, name, peerUrls, clientUrls }: V2Member): string {
  const urls = `"peerURLs":${goStrings(peerUrls)},"clientURLs":${goStrings(clientUrls)}`;
  return `{"id":${goString(id)},"name":${goString(name)},${urls}}`;
}

/** The URLs of the body, checked, sorted. */
async function readPeerUrls(exchange: Exchange): Promise<PeerUrls> {
  const type = contentType(exchange.request);
  if (type.split(';')[0]?.trim().toLowerCase() !== 'application/json') {
    exchange.request.resume();
    return refuse(415, `Bad Content-Type ${type}, accept application/json`);
  }
  const body = await readText(exchange);
  if (body === undefined) return refuse(400, 'unexpected EOF');
  const listed = listedUrls(body);
  if (typeof listed === 'string') return refuse(400, listed);
  if (listed.length === 0) return refuse(400, 'no valid URLs given');
  const urls: string[] = [];
  for (const each of listed) {
    const outcome = parseEndpointUrl(each.trim());
    if (outcome.kind === 'error') return refuse(400, outcome.message);
    urls.push(outcome.value.text);
  }
  return { kind: 'urls', urls: urls.sort() };
}

function refuse(status: number, message: string): PeerUrls {
  return { kind: 'refused', reply: messageReply(status, message) };
}

/** Or what is wrong. Go's decoder names types of its own; we only say that it is not as it should be. */
function listedUrls(body: string): readonly string[] | string {
  if (body.trim() === '') return 'unexpected end of JSON input';
  try {
    return texts(decodeWhole(body), 'peerURLs') ?? [];
  } catch (error) {
    if (!(error instanceof GoDecodeError)) throw error;
    return `json: cannot unmarshal the request: ${error.message}`;
  }
}
