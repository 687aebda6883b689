import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** The inode of the other end of a connection within this machine, from the kernel's table. */
function inodeOfFarEnd(socket: Socket): string | undefined {
  const { remotePort, localPort } = socket;
  if (remotePort === undefined || localPort === undefined) return undefined;
  const local = `:${hexPort(remotePort)}`;
  const remote = `:${hexPort(localPort)}`;
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[1]?.endsWith(local) === true && fields[2]?.endsWith(remote) === true) {
      return fields[9];
    }
  }
  return undefined;
}

function holds(pid: number, inode: string): boolean {
  const name = `socket:[${inode}]`;
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`) === name;
      } catch {
        // Closed since it was listed.
        return false;
      }
    });
  } catch {
    // The process is gone, and its connections with it.
    return false;
  }
}

/**
 * Which of the processes dialled a connection that arrived here, asking the kernel (Linux): the
 * requests of the peer protocol do not all name their sender, and several share a connection.
 */
export function ownerOf<Name>(socket: Socket, pids: ReadonlyMap<Name, number>): Name | undefined {
  const inode = inodeOfFarEnd(socket);
  if (inode === undefined) return undefined;
  for (const [name, pid] of pids) if (holds(pid, inode)) return name;
  return undefined;
}
