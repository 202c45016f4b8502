/**
 * The cache of compiled objects (scripts/native/compile.js), with a few small sources: an object is compiled again when
 * something changes that it depends on, and two folders with the same sources share their objects. Not covered, because the
 * cache does not notice it: a system header that is installed later and shadows another.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test, vi } from "vitest";
import { compile as runOrCopy } from "../../scripts/native/compile.js";
import { scan } from "../../scripts/native/includes.js";
import { findCompiler } from "../../scripts/native/tools.js";
import { skipWithout } from "../support/required.js";

const scripts = fileURLToPath(new URL("../../scripts/native", import.meta.url));
const found = findCompiler();
const compiler = found ?? process.env.CXX ?? "c++";
const skipped = skipWithout("TOOLS", found !== undefined);
const reason = skipped ? " (skipped: no C++ compiler was found)" : "";
const work = mkdtempSync(join(tmpdir(), "wengert-cache-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Preloaded into node: behaves as if another user owned $WENGERT_CACHE, also for root, who may write everything. */
const foreignCache = `
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
for (const name of ["mkdirSync", "renameSync", "rmSync", "utimesSync", "writeFileSync"]) {
  const original = fs[name];
  fs[name] = (path, ...rest) => {
    if (!path.startsWith(process.env.WENGERT_CACHE)) return original(path, ...rest);
    throw Object.assign(new Error("EACCES: permission denied, " + name), { code: "EACCES" });
  };
}
syncBuiltinESMExports();
`;
const foreign = ["--import", `data:text/javascript,${encodeURIComponent(foreignCache)}`];

/** Runs compile() of scripts/native/compile.js with variables of the environment; its status and what it wrote. */
function compileHere(root: string, command: readonly string[], variables: Record<string, string>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  let stderr = "";
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    const status = runOrCopy(root, command);
    return { status, stderr };
  } finally {
    spy.mockRestore();
    vi.unstubAllEnvs();
  }
}

let folders = 0;

/** A checkout with a source that includes a header, which includes another header. Each uses a separate cache. */
function checkout(cache = join(work, `cache-${folders}`)) {
  const root = join(work, `checkout-${folders++}`);
  const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
  mkdirSync(join(root, "include"), { recursive: true });
  mkdirSync(join(root, "build"));
  write("source.cc", '#include "near.h"\n#include <cstddef>\nint answer() { return near(); }\n');
  write("near.h", '#pragma once\n#include "far.h"\ninline int near() { return far(); }\n');
  write("include/far.h", "#pragma once\ninline int far() { return 42; }\n");
  /**
   * Compiles, and says what the cache did: "compiled", "copied", or "not cached" and why. In this process, which is quicker;
   * as CMake does if options of `node` are given.
   */
  const compile = (flags: readonly string[] = [], name = compiler, node?: readonly string[]): string => {
    const log = join(root, "log");
    rmSync(log, { force: true });
    const object = node === undefined ? join(root, "build", "source.o") : "source.o";
    const output = ["-MD", "-MT", "source.o", "-MF", `${object}.d`, "-o", object, "-c", join(root, "source.cc")];
    const command = [name, `-I${join(root, "include")}`, ...flags, ...output];
    const variables = { WENGERT_CACHE: cache, WENGERT_CACHE_LOG: log };
    const { status, stderr } =
      node === undefined
        ? compileHere(root, command, variables)
        : spawnSync(process.execPath, [...node, join(scripts, "compile.js"), root, ...command], {
            cwd: join(root, "build"),
            env: { ...process.env, ...variables },
            encoding: "utf8",
          });
    if (status !== 0) return `failed: ${stderr}`;
    return `${readFileSync(log, "utf8").split(/ [^ ]*source\.o/)[0]}${stderr}`.trim();
  };
  return { root, cache, write, compile, object: () => readFileSync(join(root, "build", "source.o")) };
}

/** Runs prune() of scripts/native/cache.js for a cache; its exit status. */
function prune(cache: string, options: string, node: readonly string[] = []): number | null {
  const code = `import { prune } from ${JSON.stringify(join(scripts, "cache.js"))}; prune(${options});`;
  const env = { ...process.env, WENGERT_CACHE: cache };
  return spawnSync(process.execPath, [...node, "--input-type=module", "--eval", code], { env }).status;
}

/** The files of the entries in a cache. */
const entriesOf = (cache: string): string[] =>
  readdirSync(join(cache, "objects"), { recursive: true, encoding: "utf8" })
    .map((name) => join(cache, "objects", name))
    .filter((path) => statSync(path).isFile());

describe.skipIf(skipped)(`an object${reason}`, () => {
  test("is copied if nothing has changed, with the list of its dependencies", () => {
    const { root, compile, object } = checkout();
    expect(compile([], compiler, [])).toBe("compiled");
    const [first, list] = [object(), readFileSync(join(root, "build", "source.o.d"), "utf8")];
    rmSync(join(root, "build", "source.o"));
    rmSync(join(root, "build", "source.o.d"));
    expect(compile([], compiler, [])).toBe("copied");
    expect(object().equals(first)).toBe(true);
    const copied = readFileSync(join(root, "build", "source.o.d"), "utf8");
    const paths = (text: string): string[] => text.split(/[\s\\]+/).sort();
    expect(paths(copied)).toEqual(paths(list));
    expect(copied).toContain(join(root, "include", "far.h"));
  });

  test("is compiled again if its source or a header two levels down changes", () => {
    const { write, compile } = checkout();
    compile();
    write("include/far.h", "#pragma once\ninline int far() { return 43; }\n");
    expect(compile()).toBe("compiled");
    write("source.cc", '#include "near.h"\nint answer() { return -near(); }\n');
    expect(compile()).toBe("compiled");
    expect(compile()).toBe("copied");
  });

  test("is compiled again if a new header comes before the one that was found", () => {
    const { write, compile } = checkout();
    compile();
    write("far.h", "#pragma once\ninline int far() { return 44; }\n");
    expect(compile()).toBe("compiled");
  });

  test("is compiled again with another option or include folder", () => {
    const { root, compile } = checkout();
    compile(["-O1"]);
    expect(compile(["-O2"])).toBe("compiled");
    expect(compile(["-O1", "-DNAME=1"])).toBe("compiled");
    expect(compile(["-O1", "-isystem", join(root, "build")])).toBe("compiled");
    expect(compile(["-O1"])).toBe("copied");
  });

  test("is compiled again by another compiler, or by another version at the same path", () => {
    const { root, compile } = checkout();
    const other = join(root, "other-compiler");
    const install = (version: string): void => {
      const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo ${version}; else exec ${compiler} "$@"; fi\n`;
      writeFileSync(other, script);
      chmodSync(other, 0o755);
    };
    compile();
    install("1.0");
    expect(compile([], other)).toBe("compiled");
    expect(compile([], other)).toBe("copied");
    install("1.1");
    expect(compile([], other)).toBe("compiled");
  });

  test("is compiled again if a header of the system changes", () => {
    const { root, write, compile } = checkout();
    const header = join(work, `system-${folders}`, "wengert-system.h");
    mkdirSync(join(header, ".."));
    writeFileSync(header, "inline int near() { return 1; }\n");
    write("source.cc", "#include <wengert-system.h>\nint answer() { return near(); }\n");
    // A compiler whose own headers are in that folder.
    const other = join(root, "other-compiler");
    writeFileSync(other, `#!/bin/sh\nexec ${compiler} "$@" -isystem ${join(header, "..")}\n`);
    chmodSync(other, 0o755);
    expect(compile([], other)).toBe("compiled");
    expect(compile([], other)).toBe("copied");
    writeFileSync(header, "inline int near() { return 22; }\n");
    expect(compile([], other)).toBe("compiled");
  });

  test("is shared by two folders with the same sources, and has no path of either", () => {
    const one = checkout();
    const two = checkout(one.cache);
    const use = '#include "near.h"\nconst char* answer() { return near() ? __FILE__ : __builtin_FILE(); }\n';
    for (const each of [one, two]) each.write("source.cc", use);
    expect(one.compile()).toBe("compiled");
    expect(two.compile()).toBe("copied");
    expect(two.object().equals(one.object())).toBe(true);
    expect(two.object().includes(work)).toBe(false);
    expect(readFileSync(join(two.root, "build", "source.o.d"), "utf8")).toContain(join(two.root, "near.h"));
    two.write("near.h", '#include "far.h"\ninline int near() { return -far(); }\n');
    expect(two.compile()).toBe("compiled");
    expect(one.compile()).toBe("copied");
  });

  test("shows its warnings again, and is not taken from the cache if they are errors", () => {
    const { write, compile } = checkout();
    write("source.cc", "static int unused;\nint answer() { return 1; }\n");
    expect(compile(["-Wall"])).toContain("-Wunused-variable");
    expect(compile(["-Wall"])).toMatch(/^copied[\s\S]*-Wunused-variable/);
    expect(compile(["-Wall", "-Werror"])).toMatch(/^failed[\s\S]*-Werror=unused-variable/);
    write("source.cc", "int answer() { return 1; }\n");
    expect(compile(["-Wall"])).toBe("compiled");
    expect(compile(["-Wall", "-Werror"])).toBe("copied");
  });

  test("is compiled again if a header appears that __has_include asked for", () => {
    const { write, compile } = checkout();
    write("source.cc", '#if __has_include("far.h")\n#endif\nint answer() { return 1; }\n');
    expect(compile()).toBe("compiled");
    expect(compile()).toBe("copied");
    write("far.h", "");
    expect(compile()).toBe("compiled");
  });

  test("is not cached if it depends on something that the key cannot have", () => {
    const { root, write, compile } = checkout();
    expect(compile(["-march=native"])).toBe("not cached: the option -march=native");
    expect(compile([`-DROOT="${root}"`])).toBe(`not cached: the option -DROOT="${root}"`);
    write("source.cc", "const char* answer() { return __DATE__; }\n");
    for (let i = 0; i < 2; i++) expect(compile()).toMatch(/^not cached: .* uses the time or embeds a file$/);
    // The scanner does not see an include with a comment in it; the compiler's list of dependencies does.
    write("source.cc", '#/**/include "near.h"\nint answer() { return near(); }\n');
    for (let i = 0; i < 2; i++) expect(compile()).toBe("not cached:");
  });
});

test("the scanner of includes says why it cannot know all files that an object depends on", () => {
  const { root, write } = checkout();
  const source = join(root, "source.cc");
  const reasonOf = (text: string): string | undefined => {
    write("source.cc", text);
    return scan(source, [join(root, "include")]).reason;
  };
  const sees = [
    '__has_include("near.h")',
    "__has_include ( <far.h> )",
    "defined(__has_include)",
    "defined __has_include",
  ];
  for (const question of sees) expect(reasonOf(`#if ${question}\n#endif\n`)).toBeUndefined();
  expect(reasonOf("#ifdef __has_include\n#endif\n")).toBeUndefined();
  expect(reasonOf("#define NAME <far.h>\n#include NAME\n")).toBe(`${source} includes a file that a macro names: NAME`);
  for (const question of ["__has_include(<zz.h>)", '__has_include("zz.h")'])
    expect(reasonOf(`#if ${question}\n#endif\n`)).toBe(`${source} asks whether there is a system header: zz.h`);
  for (const question of ["(NAME)", '/**/("near.h")', '(/**/"near.h")', '\\\n("near.h")', ""])
    expect(reasonOf(`#if __has_include${question}\n#endif\n`)).toBe(
      `${source} asks for a header in a form that is not read: __has_include`,
    );
  expect(reasonOf("#if __has_include_next(<far.h>)\n#endif\n")).toMatch(/not read: __has_include_next$/);
});

describe.skipIf(skipped)(`an entry of the cache${reason}`, () => {
  test("is not used if it is damaged or was written halfway", () => {
    const { cache, compile, object } = checkout();
    compile();
    const right = object();
    const [entry] = entriesOf(cache);
    const bytes = readFileSync(entry);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length - 100] ^= 1;
    for (const wrong of [damaged, bytes.subarray(0, bytes.length / 2), bytes.subarray(0, 10), Buffer.alloc(0)]) {
      writeFileSync(entry, wrong);
      expect(compile()).toBe("compiled");
      expect(object().equals(right)).toBe(true);
      expect(readFileSync(entry).equals(bytes)).toBe(true);
    }
  });

  test("of another user is copied, or ignored if it is damaged, and never fails a build", () => {
    const { cache, write, compile, object } = checkout();
    compile();
    const right = object();
    const [entry] = entriesOf(cache);
    expect(compile([], compiler, foreign)).toBe("copied");
    expect(prune(cache, "{ mostBytes: 0 }", foreign)).toBe(0);
    expect(entriesOf(cache)).toEqual([entry]);
    writeFileSync(entry, "damaged");
    expect(compile([], compiler, foreign)).toMatch(/^compiledThe build cache could not be written: EACCES/);
    expect(object().equals(right)).toBe(true);
    expect(readFileSync(entry, "utf8")).toBe("damaged");
    write("source.cc", "int answer() { return 1; }\n");
    expect(compile([], compiler, foreign)).toMatch(/^compiledThe build cache could not be written: EACCES/);
    expect(entriesOf(cache)).toEqual([entry]);
  });

  test("is removed after 30 days without use, or as the oldest if there are too many", () => {
    const { cache, compile } = checkout();
    for (const name of ["A", "B", "C"]) compile([`-D${name}`]);
    const [old, older, fresh] = entriesOf(cache);
    const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 3600 * 1000);
    utimesSync(old, daysAgo(29), daysAgo(29));
    utimesSync(older, daysAgo(31), daysAgo(31));
    writeFileSync(join(cache, "not-ours"), "");
    utimesSync(join(cache, "not-ours"), daysAgo(31), daysAgo(31));
    expect(prune(cache, "{}")).toBe(0);
    expect(entriesOf(cache).sort()).toEqual([old, fresh].sort());
    expect(prune(cache, `{ mostBytes: ${statSync(fresh).size} }`)).toBe(0);
    expect(entriesOf(cache)).toEqual([fresh]);
    expect(existsSync(join(cache, "not-ours"))).toBe(true);
  });
});
