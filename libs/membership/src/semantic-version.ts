export interface SemanticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}
export declare function parseVersion(text: string): SemanticVersion | undefined;
export declare function compareVersions(a: SemanticVersion, b: SemanticVersion): number;
export declare function formatVersion(version: SemanticVersion): string;
/** major.minor.0: what a cluster agrees on. */
export declare function clusterVersionOf(version: SemanticVersion): SemanticVersion;
