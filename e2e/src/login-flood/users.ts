import { RpcClient, succeeded } from '@etcd-ts/testkit';
import { AuthDefinition, AuthUserAddRequest } from '@etcd-ts/wire-protocol';

export const ROOT = { name: 'root', password: 'the right password' };

/** Makes root and turns users on. The answer is a token of root's. */
export async function enableUsers(client: RpcClient): Promise<string> {
  const { userAdd, userGrantRole, authEnable, authenticate } = AuthDefinition.methods;
  await succeeded(client.unary(AuthDefinition, userAdd, AuthUserAddRequest.create(ROOT)));
  const grant = { user: 'root', role: 'root' };
  await succeeded(client.unary(AuthDefinition, userGrantRole, grant));
  await succeeded(client.unary(AuthDefinition, authEnable, {}));
  return (await succeeded(client.unary(AuthDefinition, authenticate, ROOT))).token;
}
