/** Finds and runs what the check of the kernels needs: nvcc, and the disassembler of NVIDIA. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const nvcc = process.env.NVCC ?? "nvcc";

/** Whether nvcc can be run. */
export const hasNvcc = (): boolean => spawnSync(nvcc, ["--version"]).status === 0;

/** Whether a missing nvcc or disassembler is an error. */
export const isRequired = process.env.WENGERT_REQUIRE_NVCC === "1";

export interface Disassembler {
  readonly cuobjdump: string;
  readonly nvdisasm: string;
}

/** The disassembler: that of a CUDA toolkit on PATH, otherwise the one in the triton wheel. Throws if there is neither. */
export function findDisassembler(): Disassembler {
  const onPath = { cuobjdump: "cuobjdump", nvdisasm: "nvdisasm" };
  if (Object.values(onPath).every((tool) => spawnSync(tool, ["--version"]).status === 0)) return onPath;
  const environment = spawnSync("bash", [join(root, "scripts", "python.sh"), "triton"], { encoding: "utf8" });
  if (environment.error || environment.status !== 0)
    throw new Error(
      `cuobjdump and nvdisasm were not found. They come with CUDA, and with the Python package triton, which could not be installed:\n${environment.error?.message ?? environment.stderr.trim()}`,
    );
  const python = environment.stdout.trim();
  // Without importing it, which takes a second.
  const place = "import importlib.util as u; print(u.find_spec('triton').submodule_search_locations[0])";
  const folder = join(
    spawnSync(python, ["-c", place], { encoding: "utf8" }).stdout.trim(),
    "backends",
    "nvidia",
    "bin",
  );
  const found = { cuobjdump: join(folder, "cuobjdump"), nvdisasm: join(folder, "nvdisasm") };
  for (const tool of Object.values(found))
    if (!existsSync(tool)) throw new Error(`this triton has no ${tool}; install CUDA's cuobjdump and nvdisasm instead`);
  return found;
}

/** Runs a program; what it prints, and whether it succeeded. */
export function run(file: string, args: readonly string[], cwd?: string): Promise<{ failed: boolean; text: string }> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, maxBuffer: 2 ** 30 }, (error, stdout, stderr) =>
      resolve({ failed: error !== null, text: error ? `${stdout}${stderr}` : stdout + stderr }),
    );
  });
}

/** The listing of the code for one target in a fatbin. Throws if there is none. */
export async function disassemble(
  tools: Disassembler,
  fatbin: string,
  target: string,
  folder: string,
): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const extracted = await run(tools.cuobjdump, ["-xelf", "all", fatbin], folder);
  const cubin = readdirSync(folder).find((name) => name.endsWith(`.${target}.cubin`));
  if (extracted.failed || cubin === undefined)
    throw new Error(`cuobjdump found no code for ${target} in ${fatbin}:\n${extracted.text}`);
  const listing = await run(tools.nvdisasm, ["-c", join(folder, cubin)]);
  if (listing.failed) throw new Error(`nvdisasm failed on ${cubin}:\n${listing.text.slice(-2000)}`);
  rmSync(folder, { recursive: true, force: true });
  return listing.text;
}
