import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** 127.0.0.1, where all processes of a test listen, as the kernel prints it. */
const LOOPBACK = '0100007F';
const INODE_FIELD = 9;

/**
 * The inode of the other end of a connection within this machine, from the kernel's table. That has
 * thousands of lines after some dialling, so it is searched as a text.
 */
function inodeOfFarEnd(socket: Socket): string | undefined {
  const { remotePort, localPort } = socket;
  if (remotePort === undefined || localPort === undefined) return undefined;
  const table = readFileSync('/proc/net/tcp', 'latin1');
  const ends = `${LOOPBACK}:${hexPort(remotePort)} ${LOOPBACK}:${hexPort(localPort)} `;
  const at = table.indexOf(ends);
  if (at < 0) return undefined;
  const line = table.slice(table.lastIndexOf('\n', at) + 1, table.indexOf('\n', at));
  return line.trim().split(/\s+/)[INODE_FIELD];
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
