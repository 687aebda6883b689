import type { Socket } from 'node:net';

/**
 * Passes bytes both ways until both have ended: an end of one direction is passed on and leaves the
 * other open. A slow reader slows his writer down, and nothing more is held for him than the two
 * sockets' buffers.
 */
export function splice(client: Socket, server: Socket): void {
  const abandon = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) {
    // What broke is closed on both sides; whose fault it was the peers know as well as the gateway.
    socket.on('error', abandon);
    socket.on('close', (hadError: boolean) => {
      if (hadError) abandon();
    });
  }
  client.once('close', () => server.destroySoon());
  server.once('close', () => client.destroySoon());
  client.pipe(server);
  server.pipe(client);
}
