/**
 * Downloads a file from the first mirror that has it and checks its SHA-256. Used by mnist-files.ts; it does not
 * know about MNIST.
 */
import { createHash } from "node:crypto";
import { DownloadError } from "../../core/errors.js";

/** A file on the network whose content is known beforehand. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

export interface DownloadOptions {
  /** Milliseconds without a byte, after which the server counts as stalled. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  /** Called with the bytes of the file so far; starts again from 0 with another mirror. */
  readonly onBytes?: (loaded: number) => void;
}

/** Whether `content` is the file. */
export const isIntact = (file: RemoteFile, content: Uint8Array): boolean =>
  content.length === file.bytes && createHash("sha256").update(content).digest("hex") === file.sha256;

/**
 * Downloads a file from the first of several folders that has it as it should be.
 *
 * @param mirrors - URLs of folders, each with a slash at its end
 * @throws DownloadError with what went wrong at each mirror; the signal's reason if it is aborted
 */
export async function download(
  file: RemoteFile,
  mirrors: readonly string[],
  options: DownloadOptions,
): Promise<Uint8Array> {
  const problems: string[] = [];
  let cause: unknown;
  for (const mirror of mirrors) {
    try {
      return await downloadFrom(mirror + file.name, file, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      cause = error;
      problems.push(`${mirror}: ${reason(error)}`);
    }
  }
  throw new DownloadError(`download: ${file.name}: ${problems.join("; ") || "there are no mirrors"}`, { cause });
}

async function downloadFrom(
  url: string,
  file: RemoteFile,
  { timeout, signal, onBytes }: DownloadOptions,
): Promise<Uint8Array> {
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`no response for ${timeout / 1000} s`)), timeout);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]) });
    if (!response.ok || response.body === null) throw new Error(`HTTP status ${response.status}`);
    const content = new Uint8Array(file.bytes);
    let loaded = 0;
    for await (const chunk of response.body) {
      timer.refresh();
      if (loaded + chunk.length > file.bytes) throw new Error(`received more than the expected ${file.bytes} bytes`);
      content.set(chunk, loaded);
      loaded += chunk.length;
      onBytes?.(loaded);
    }
    if (loaded < file.bytes) throw new Error(`received only ${loaded} of ${file.bytes} bytes`);
    if (!isIntact(file, content)) throw new Error("the SHA-256 checksum does not match");
    return content;
  } finally {
    clearTimeout(timer);
    stalled.abort(); // closes the connection, even if data is still on the way
  }
}

/** `fetch` says "fetch failed" and hides why in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error && cause.message ? `${message}: ${cause.message}` : message;
}
