import { Passwords } from '@etcd-ts/credentials';
import type { Logger } from '@etcd-ts/foundation';
import type { ApiHandler } from '@etcd-ts/http-gateway';
import { clientIdentityOf } from '@etcd-ts/rpc';
import type { Member } from '@etcd-ts/server';
import { V2Face } from '@etcd-ts/v2-api';
import type { V2Passwords } from '@etcd-ts/v2-api';

/** bcrypt's default, which etcd takes for the users of the v2 API whatever --bcrypt-cost says. */
const V2_BCRYPT_COST = 10;

/** The v2 API of a member. */
export function v2Handler(member: Member, logger: Logger, stopping: AbortSignal): ApiHandler {
  const face = new V2Face({
    server: member.server.v2,
    passwords: v2Passwords(stopping),
    logger: logger.named('v2-api'),
    certificateUser: ({ socket }) => clientIdentityOf(socket).peerCertificateCommonName,
    stopping,
  });
  return {
    claims: (rawTarget) => V2Face.claims(rawTarget),
    handle: (request, response) => face.handle(request, response),
  };
}

/** Hashed off the event loop, one at a time; what waits when the node stops is given up. */
function v2Passwords(stopping: AbortSignal): V2Passwords {
  const passwords = new Passwords(V2_BCRYPT_COST);
  return {
    hash: async (password) => {
      const encoded = await passwords.hashForLog(password, stopping);
      return Buffer.from(encoded, 'base64').toString('latin1');
    },
    matches: async (password, hash) => {
      const compared = await passwords.compare(password, Buffer.from(hash), () => true, stopping);
      return compared === 'equal';
    },
  };
}
