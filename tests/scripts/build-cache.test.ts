/**
 * The cache of compiled objects (scripts/native/compile.js), with a few small sources: nothing that an object depends on
 * is missing from its key, and two folders with the same sources share their objects.
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
import { afterAll, describe, expect, test } from "vitest";

const scripts = fileURLToPath(new URL("../../scripts/native", import.meta.url));
const compiler = process.env.CXX ?? "c++";
const hasCompiler = spawnSync(compiler, ["--version"]).status === 0;
const work = mkdtempSync(join(tmpdir(), "wengert-cache-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

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
  /** Compiles, and says what the cache did: "compiled", "copied", or "not cached" and why. */
  const compile = (flags: readonly string[] = [], name = compiler): string => {
    const log = join(root, "log");
    rmSync(log, { force: true });
    const output = ["-MD", "-MT", "source.o", "-MF", "source.o.d", "-o", "source.o", "-c", join(root, "source.cc")];
    const args = [join(scripts, "compile.js"), root, name, `-I${join(root, "include")}`, ...flags, ...output];
    const env = { ...process.env, WENGERT_CACHE: cache, WENGERT_CACHE_LOG: log };
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: join(root, "build"), env, encoding: "utf8" });
    if (status !== 0) return `failed: ${stderr}`;
    return `${readFileSync(log, "utf8").split(/ [^ ]*source\.o/)[0]}${stderr}`.trim();
  };
  return { root, cache, write, compile, object: () => readFileSync(join(root, "build", "source.o")) };
}

/** The files of the entries in a cache. */
const entriesOf = (cache: string): string[] =>
  readdirSync(join(cache, "objects"), { recursive: true, encoding: "utf8" })
    .map((name) => join(cache, "objects", name))
    .filter((path) => statSync(path).isFile());

describe.skipIf(!hasCompiler)("an object", () => {
  test("is copied if nothing has changed, with the list of its dependencies", () => {
    const { root, compile, object } = checkout();
    expect(compile()).toBe("compiled");
    const [first, list] = [object(), readFileSync(join(root, "build", "source.o.d"), "utf8")];
    rmSync(join(root, "build", "source.o"));
    rmSync(join(root, "build", "source.o.d"));
    expect(compile()).toBe("copied");
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

  test("is not cached if it depends on something that the key cannot have", () => {
    const { root, write, compile } = checkout();
    const uncached = (why: string, flags: readonly string[] = []): void => {
      for (let i = 0; i < 2; i++) expect(compile(flags)).toContain(`not cached: ${why}`);
    };
    uncached("the option -march=native", ["-march=native"]);
    uncached(`the option -DROOT="${root}"`, [`-DROOT="${root}"`]);
    write("source.cc", "const char* answer() { return __DATE__; }\n");
    uncached(`${join(root, "source.cc")} uses the time`);
    write("source.cc", '#define NAME "near.h"\n#include NAME\nint answer() { return near(); }\n');
    uncached(`${join(root, "source.cc")} includes a name that a macro makes`);
    // The scanner does not see an include with a comment in it; the compiler's list of dependencies does.
    write("source.cc", '#/**/include "near.h"\nint answer() { return near(); }\n');
    expect(compile()).toBe("not cached:");
    expect(compile()).toBe("not cached:");
  });
});

describe.skipIf(!hasCompiler)("an entry of the cache", () => {
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

  test("is removed after 30 days without use, or as the oldest if there are too many", () => {
    const { cache, compile } = checkout();
    for (const name of ["A", "B", "C"]) compile([`-D${name}`]);
    const prune = (options: string): void => {
      const code = `import { prune } from ${JSON.stringify(join(scripts, "cache.js"))}; prune(${options});`;
      const args = ["--input-type=module", "--eval", code];
      expect(spawnSync(process.execPath, args, { env: { ...process.env, WENGERT_CACHE: cache } }).status).toBe(0);
    };
    const [old, older, fresh] = entriesOf(cache);
    const daysAgo = (days: number): Date => new Date(Date.now() - days * 24 * 3600 * 1000);
    utimesSync(old, daysAgo(29), daysAgo(29));
    utimesSync(older, daysAgo(31), daysAgo(31));
    writeFileSync(join(cache, "not-ours"), "");
    utimesSync(join(cache, "not-ours"), daysAgo(31), daysAgo(31));
    prune("{}");
    expect(entriesOf(cache).sort()).toEqual([old, fresh].sort());
    prune(`{ mostBytes: ${statSync(fresh).size} }`);
    expect(entriesOf(cache)).toEqual([fresh]);
    expect(existsSync(join(cache, "not-ours"))).toBe(true);
  });
});
