/** Runs a script with stand-ins for programs that are not installed here, such as ncu. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withFolder } from "../support/disk.js";

export interface Result {
  readonly status: number;
  readonly stdout: string;
  /** The text of the file "out"; empty if the script did not write it. */
  readonly out: string;
}

/** Runs `bash` with arguments, of which "out" becomes the name of a file, and stand-ins by their name: lines for bash. */
export function runScript(
  args: readonly string[],
  programs: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Promise<Result> {
  return withFolder(async (folder) => {
    for (const [name, body] of Object.entries(programs)) {
      writeFileSync(join(folder, name), `#!/bin/bash\n${body}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const out = join(folder, "out");
    const options = { env: { PATH: `${folder}:/usr/bin:/bin`, FOLDER: folder, ...env } };
    const named = args.map((arg) => (arg === "out" ? out : arg));
    const { status, stdout } = await new Promise<{ status: number; stdout: string }>((resolve) => {
      execFile("bash", named, options, (error, stdout) => resolve({ status: Number(error?.code ?? 0), stdout }));
    });
    return { status, stdout, out: existsSync(out) ? readFileSync(out, "utf8") : "" };
  });
}
