/** Of the machines that a plan begins with. */
export function nameOf(number: number): string {
  return `m${number}`;
}

/** Every machine has one name, in the cluster and on the network. */
export function urlOf(name: string): string {
  return `http://${name}.test:2380`;
}

export function serverNameOf(url: string): string {
  return new URL(url).hostname.replace(/\.test$/u, '');
}
