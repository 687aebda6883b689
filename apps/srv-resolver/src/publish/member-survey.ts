import { EtcdEndpoints, PLAINTEXT } from '@etcd-ts/bootstrap';
import { parseEndpointUrl } from '@etcd-ts/config';
import { errorText } from '@etcd-ts/daemon';
import type { Logger } from '@etcd-ts/foundation';
import { ClusterDefinition, MaintenanceDefinition } from '@etcd-ts/wire-protocol';
import type { Member } from '@etcd-ts/wire-protocol';
import type { PublishOptions } from '../options.js';
import type { PublishedMember, PublishedUrl } from './published-zone.js';

/** A member that takes longer to say how it is serves nobody well. */
const REQUEST_TIMEOUT_MS = 2000;
const KEEPALIVE = { timeMs: 10_000, timeoutMs: 5000 };
const ID_DIGITS = 16;

export type SurveyOptions = Pick<
  PublishOptions,
  'endpoints' | 'cacert' | 'cert' | 'key' | 'user' | 'password'
>;

/** Asks a cluster who its members are, and each of them how it is. */
export class MemberSurvey {
  readonly #options: SurveyOptions;
  readonly #logger: Logger;
  #members: readonly Member[] | undefined;
  /** By their endpoints. */
  readonly #connections = new Map<string, EtcdEndpoints>();

  constructor(options: SurveyOptions, logger: Logger) {
    this.#options = options;
    this.#logger = logger;
  }

  /**
   * When no member tells who there is, those that were there before are asked how they are; rejects
   * when that was never told.
   */
  async take(): Promise<readonly PublishedMember[]> {
    try {
      this.#members = await this.#listMembers();
    } catch (error) {
      if (this.#members === undefined) throw error;
      this.#logger.warn('failed to list the members; going on with those known', {
        error: errorText(error),
      });
    }
    const members = await Promise.all(this.#members.map((member) => this.#examine(member)));
    this.#forgetOthers();
    return members;
  }

  close(): void {
    for (const endpoints of this.#connections.values()) endpoints.close();
    this.#connections.clear();
  }

  /** Those that were named, and whoever else is known by now. */
  get #clusterEndpoints(): readonly string[] {
    const found = (this.#members ?? []).flatMap((member) => clientEndpoints(member));
    return [...new Set([...this.#options.endpoints, ...found])];
  }

  /**
   * Through the leader, since a member that was cut off does not know who has left. Without one, as
   * a member knows it: a cluster of one that was given a second waits for just that one to find it.
   */
  async #listMembers(): Promise<readonly Member[]> {
    try {
      return await this.#list(true);
    } catch {
      return this.#list(false);
    }
  }

  async #list(linearizable: boolean): Promise<readonly Member[]> {
    const { members } = await this.#endpoints(this.#clusterEndpoints).request(
      (connection, options) =>
        connection.service(ClusterDefinition).memberList({ linearizable }, options),
    );
    return members;
  }

  async #examine(member: Member): Promise<PublishedMember> {
    const { ID: id, name, peerURLs, clientURLs } = member;
    return {
      id: id.toString(16).padStart(ID_DIGITS, '0'),
      name,
      peerUrls: peerURLs.flatMap(publishedUrl),
      clientUrls: clientURLs.flatMap(publishedUrl),
      isServing: !member.isLearner && (await this.#isServing(member)),
    };
  }

  async #isServing(member: Member): Promise<boolean> {
    const urls = clientEndpoints(member);
    if (urls.length === 0) return false;
    try {
      const { leader } = await this.#endpoints(urls).request((connection, options) =>
        connection.service(MaintenanceDefinition).status({}, options),
      );
      return leader !== 0n;
    } catch (error) {
      this.#logger.debug('a member does not answer', {
        name: member.name,
        error: errorText(error),
      });
      return false;
    }
  }

  #endpoints(endpoints: readonly string[]): EtcdEndpoints {
    const key = endpoints.join(',');
    const known = this.#connections.get(key);
    if (known !== undefined) return known;
    const { cacert, cert, key: keyFile, user, password } = this.#options;
    const opened = new EtcdEndpoints({
      endpoints,
      security: { ...PLAINTEXT, caFile: cacert, certFile: cert, keyFile },
      user,
      password,
      dialTimeoutMs: 0,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      keepalive: KEEPALIVE,
    });
    this.#connections.set(key, opened);
    return opened;
  }

  #forgetOthers(): void {
    const lists = [this.#clusterEndpoints, ...(this.#members ?? []).map(clientEndpoints)];
    const current = new Set(lists.map((list) => list.join(',')));
    for (const [key, endpoints] of this.#connections) {
      if (current.has(key)) continue;
      endpoints.close();
      this.#connections.delete(key);
    }
  }
}

const clientEndpoints = ({ clientURLs }: Member): readonly string[] =>
  clientURLs.filter((url) => publishedUrl(url).length > 0);

/** None for what is not reached over TCP. */
function publishedUrl(text: string): readonly PublishedUrl[] {
  const parsed = parseEndpointUrl(text);
  if (parsed.kind === 'error' || parsed.value.socketPath !== '') return [];
  const { scheme, hostname: host, port } = parsed.value;
  return [{ scheme, host, port }];
}
