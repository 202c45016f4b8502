/** The types of includes.js, which is JavaScript because it runs before anything is compiled. */

/** The SHA-256 of data, in hexadecimal digits. */
export function hashOf(data: string | Buffer): string;

/** A source and all files that it includes, with their hashes. */
export function scan(
  source: string,
  folders: readonly string[],
  forced?: readonly string[],
): { files: Map<string, string>; missing: string[]; reason: string | undefined };
