import { assert, MemberId, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateJson, mutateText, pick } from '@etcd-ts/fuzzing';
import { ExactJsonError, parseExactJson } from '../exact-json.js';
import { parseInitialCluster } from '../initial-cluster.js';
import type { PeerUrlParser } from '../initial-cluster.js';
import {
  decodeConfigChangeContext,
  decodeMember,
  decodeMembers,
  encodeConfigChangeContext,
  encodeMember,
  encodeMembers,
} from '../member-json.js';
import type { Member } from '../member.js';
import { formatVersion, parseVersion } from '../semantic-version.js';

const CASES = 200;
const IDS = [0n, 1n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n];
const NAMES = ['', 'default', 'n"\\<&>', '\u2028é😀', '__proto__'];
const URLS = ['http://127.0.0.1:2380', 'https://[::1]:1', 'unix://a:0', ''];

/** Members as they come from other members and out of the log: read as they are, or refused. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const text = maybeBroken(rng, rng.below(2) === 0 ? written(rng) : rewritten(rng));
    try {
      checkDecoders(text);
      checkPlainText(text);
    } catch (error) {
      throw new Error(JSON.stringify(text).slice(0, 500), { cause: error });
    }
  }
  return CASES;
}

const memberBy = (rng: Rng): Member => ({
  id: MemberId(pick(rng, IDS)),
  name: pick(rng, NAMES),
  peerUrls: Array.from({ length: rng.below(3) }, () => pick(rng, URLS)),
  clientUrls: Array.from({ length: rng.below(3) }, () => pick(rng, URLS)),
  isLearner: rng.below(2) === 0,
});

/** As a member writes it. */
function written(rng: Rng): string {
  const member = memberBy(rng);
  switch (rng.below(3)) {
    case 0:
      return encodeMember(member);
    case 1:
      return encodeMembers([member, memberBy(rng)]);
    default:
      return encodeConfigChangeContext({ member, isPromote: rng.below(2) === 0 });
  }
}

/** With values that are not what they should be. */
const rewritten = (rng: Rng): string => JSON.stringify(mutateJson(rng, JSON.parse(written(rng))));

const maybeBroken = (rng: Rng, text: string): string =>
  rng.below(3) === 0 ? text : mutateText(rng, text);

function checkDecoders(text: string): void {
  const isTaken = refusable(() => parseExactJson(text)) !== undefined;
  assert(isTaken ? isJson(text) : !isJson(text) || isDeep(text), `taken: ${isTaken}`);
  const member = refusable(() => decodeMember(text));
  if (member !== undefined) {
    const again = decodeMember(encodeMember(member));
    assert(encodeMember(again) === encodeMember(member), 'a member changes on its way');
  }
  const members = refusable(() => decodeMembers(text));
  if (members !== undefined) {
    const again = decodeMembers(encodeMembers(members));
    assert(encodeMembers(again) === encodeMembers(members), 'members change on their way');
  }
  const context = refusable(() => decodeConfigChangeContext(text));
  if (context !== undefined) {
    const again = decodeConfigChangeContext(encodeConfigChangeContext(context));
    assert(again.isPromote === context.isPromote, 'a promotion changes on its way');
    assert(member !== undefined, 'a context without a member');
  }
}

/** Undefined: refused, in the one way there is. */
function refusable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ExactJsonError) return undefined;
    throw error;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Nested more than this has no meaning here, and is refused as too deep. */
const isDeep = (text: string): boolean => (text.match(/[[{]/gu) ?? []).length > 32;

const anyUrl: PeerUrlParser = (text) =>
  text.includes('!') ? { kind: 'error', message: text } : { kind: 'ok', value: { text } };

/** What comes as text without quotes. */
function checkPlainText(text: string): void {
  const outcome = parseInitialCluster(text, anyUrl);
  if (outcome.kind === 'ok') {
    for (const urls of outcome.cluster.values()) assert(urls.length > 0, 'a name without a URL');
  }
  const version = parseVersion(text);
  if (version !== undefined) {
    const again = parseVersion(formatVersion(version));
    assert(JSON.stringify(again) === JSON.stringify(version), 'a version changes on its way');
  }
}
