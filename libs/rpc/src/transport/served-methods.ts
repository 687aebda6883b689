import { assert } from '@etcd-ts/foundation';
import { GrpcStatus } from '@etcd-ts/wire-protocol';
import type { BoundMethod, BoundService } from '../service/bound-service.js';
import type { MethodObserver, ServerObserver } from '../service/observer.js';
import type { CallStatus } from './status-message.js';

export interface ServedMethod {
  readonly bound: BoundMethod;
  readonly observer: MethodObserver;
}

/** Everything a server serves, by path. */
export class ServedMethods {
  readonly #observer: ServerObserver;
  readonly #byPath = new Map<string, ServedMethod>();
  readonly #services = new Set<string>();

  constructor(observer: ServerObserver) {
    this.#observer = observer;
  }

  add(service: BoundService): void {
    this.#services.add(service.fullName);
    for (const bound of service.methods) {
      assert(!this.#byPath.has(bound.path), () => `${bound.path} is served already`);
      this.#byPath.set(bound.path, { bound, observer: this.#observer.method(bound) });
    }
  }

  find(path: string): ServedMethod | undefined {
    return this.#byPath.get(path);
  }

  /** For a path that was not found, in grpc-go's words. */
  unknown(path: string): CallStatus {
    const slash = path.lastIndexOf('/');
    const service = path.slice(1, slash);
    let message = `unknown service ${service}`;
    if (!path.startsWith('/') || slash === 0) {
      message = `malformed method name: ${JSON.stringify(path)}`;
    } else if (this.#services.has(service)) {
      message = `unknown method ${path.slice(slash + 1)} for service ${service}`;
    }
    return { code: GrpcStatus.Unimplemented, message };
  }
}
