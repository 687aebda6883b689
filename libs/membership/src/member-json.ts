import type { Member } from './member.js';

export declare function encodeMember(member: Member): string;
export declare function decodeMember(json: string): Member;
/** The context of an AddNode/AddLearnerNode conf change made at run time. */
export interface ConfigChangeContext {
  readonly member: Member;
  readonly isPromote: boolean;
}
export declare function encodeConfigChangeContext(context: ConfigChangeContext): string;
/** Also reads a plain Member (bootstrap, update): isPromote is false then. */
export declare function decodeConfigChangeContext(json: string): ConfigChangeContext;
