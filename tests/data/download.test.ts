import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { RemoteFile } from "../../src/data/image/download.js";
import { cacheFolder, type DownloadProgress, fetchFiles, mnistFiles } from "../../src/data/image/mnist-files.js";
import { DownloadError, loadMnist } from "../../src/index.js";
import { sharedData } from "../support/data.js";
import { withFolder } from "../support/disk.js";

const remote = (name: string, content: Uint8Array): RemoteFile => ({
  name,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});

const contents: Readonly<Record<string, Buffer>> = {
  "a.gz": Buffer.alloc(300_000, "a"),
  "b.gz": Buffer.from("some bytes"),
};
const files = Object.entries(contents).map(([name, content]) => remote(name, content));

const isContent = (name: string, bytes: Uint8Array | undefined): boolean =>
  bytes !== undefined && contents[name].equals(bytes);

const servers: Server[] = [];

/** A server on this machine; `requests` are the paths it was asked for. */
async function serve(answer: RequestListener): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mnist/`, requests };
}

const good: RequestListener = (request, response) => response.end(contents[(request.url ?? "").replace("/mnist/", "")]);

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

/** Milliseconds after which a server counts as stalled: far longer than a busy machine takes, or just long enough. */
const patient = 30_000;
const impatient = 1500;

const options = (cache: string, ...mirrors: string[]) => ({ cache, mirrors, download: true, timeout: patient });

describe("fetching files", () => {
  test("they come from the network once, then from the cache", async () => {
    const { url, requests } = await serve(good);
    await withFolder(async (folder) => {
      const cache = join(folder, "deep", "cache");
      const progress: DownloadProgress[] = [];
      const onProgress = (step: DownloadProgress): void => void progress.push(step);
      const first = await fetchFiles(files, { ...options(cache, url), onProgress });
      expect(first.source).toBe(`the network, now in ${cache}`);
      expect(isContent("a.gz", first.contents.get("a.gz"))).toBe(true);
      expect(progress.at(-1)).toEqual({ loaded: 300_010, total: 300_010, file: "b.gz" });
      expect(progress.map(({ loaded }) => loaded)).toEqual(progress.map(({ loaded }) => loaded).sort((a, b) => a - b));
      expect(await readdir(cache)).toEqual(["a.gz", "b.gz"]);

      const second = await fetchFiles(files, { ...options(cache, url), download: false });
      expect(second.source).toBe(cache);
      expect(isContent("b.gz", second.contents.get("b.gz"))).toBe(true);
      expect(requests).toEqual(["/mnist/a.gz", "/mnist/b.gz"]);
    });
  });

  test("a file in the cache that is broken is fetched again", async () => {
    const { url, requests } = await serve(good);
    await withFolder(async (cache) => {
      await writeFile(join(cache, "a.gz"), Buffer.alloc(300_000, "x"));
      await writeFile(join(cache, "b.gz"), contents["b.gz"]);
      await fetchFiles(files, options(cache, url));
      expect(requests).toEqual(["/mnist/a.gz"]);
      expect(isContent("a.gz", await readFile(join(cache, "a.gz")))).toBe(true);
    });
  });

  test("a cache folder that cannot be written does not matter, and is mentioned", async () => {
    const { url } = await serve(good);
    await withFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      const cache = join(folder, "file", "cache");
      const { source, contents: fetched } = await fetchFiles(files, options(cache, url));
      expect(source).toMatch(/^the network \(not cached: loadMnist: cannot create .*ENOTDIR/);
      expect(isContent("b.gz", fetched.get("b.gz"))).toBe(true);
    });
  });

  const broken: Readonly<Record<string, readonly [RequestListener, RegExp]>> = {
    "a file that is not there": [(_, response) => response.writeHead(404).end("no"), /HTTP status 404/],
    "a server that fails": [(_, response) => response.writeHead(500).end(), /HTTP status 500/],
    "a wrong checksum": [(_, response) => response.end(Buffer.alloc(300_000, "b")), /SHA-256 checksum does not match/],
    "fewer bytes": [(_, response) => response.end("aaa"), /received only 3 of 300000 bytes/],
    "more bytes": [
      (_, response) => response.end(Buffer.alloc(300_001, "a")),
      /received more than the expected 300000 bytes/,
    ],
    "bytes without end": [
      (_, response) => {
        const timer = setInterval(() => response.write(Buffer.alloc(100_000)), 5);
        response.on("close", () => clearInterval(timer));
      },
      /received more than the expected 300000 bytes/,
    ],
    "a connection cut off": [
      (_, response) => {
        response.writeHead(200, { "content-length": "300000" });
        response.write("aaa", () => response.destroy());
      },
      /terminated|aborted|other side closed/,
    ],
    "a connection closed at once": [(request) => request.socket.destroy(), /fetch failed/],
    "a server that never answers": [() => {}, /no response for 1\.5 s/],
    "a server that stops in the middle": [(_, response) => void response.write("aaa"), /no response for 1\.5 s/],
    "a redirection to nowhere": [
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      /fetch failed/,
    ],
  };

  const timeoutFor = (name: string): number => (/never|stops/.test(name) ? impatient : patient);

  test.each(Object.entries(broken))("%s: a DownloadError, nothing in the cache", async (name, [answer, message]) => {
    const { url } = await serve(answer);
    await withFolder(async (cache) => {
      const fetching = fetchFiles(files, { ...options(cache, url), timeout: timeoutFor(name) });
      await expect(fetching).rejects.toThrow(DownloadError);
      await expect(fetching).rejects.toThrow(message);
      expect(await readdir(cache)).toEqual([]);
    });
  });

  test.each(Object.entries(broken))("%s: the next mirror has it", async (name, [answer]) => {
    const bad = await serve(answer);
    const { url } = await serve(good);
    await withFolder(async (cache) => {
      const { contents: fetched } = await fetchFiles([files[0]], {
        ...options(cache, bad.url, url),
        timeout: timeoutFor(name),
      });
      expect(isContent("a.gz", fetched.get("a.gz"))).toBe(true);
      expect(bad.requests).toEqual(["/mnist/a.gz"]);
    });
  });

  test("a slow server that keeps sending is waited for", async () => {
    const { url } = await serve((_, response) => {
      const content = contents["a.gz"];
      let sent = 0;
      const timer = setInterval(() => {
        response.write(content.subarray(sent, sent + 30_000));
        sent += 30_000;
        if (sent >= content.length) response.end(() => clearInterval(timer));
      }, 200);
      response.on("close", () => clearInterval(timer));
    });
    await withFolder(async (cache) => {
      await fetchFiles([files[0]], { ...options(cache, url), timeout: impatient }); // it takes 2 s
      expect(await readdir(cache)).toEqual(["a.gz"]);
    });
  });

  test("an abort ends it with the signal's reason, and no other mirror is tried", async () => {
    const { url, requests } = await serve((_, response) => void response.write("aaa"));
    const other = await serve(good);
    await withFolder(async (cache) => {
      const reason = new Error("enough");
      const controller = new AbortController();
      const onProgress = (): void => controller.abort(reason);
      const fetching = fetchFiles(files, { ...options(cache, url, other.url), signal: controller.signal, onProgress });
      await expect(fetching).rejects.toBe(reason);
      expect([requests.length, other.requests.length, await readdir(cache)]).toEqual([1, 0, []]);
    });
  });

  test("downloading switched off", async () => {
    await withFolder(async (cache) => {
      const fetching = fetchFiles(files, { ...options(cache, "http://127.0.0.1:1/"), download: false });
      await expect(fetching).rejects.toThrow(DownloadError);
      await expect(fetching).rejects.toThrow(/a\.gz is not in .*downloading is turned off/);
    });
  });
});

describe("loadMnist without a folder", () => {
  test("no network: a DownloadError in one line that names each mirror", async () => {
    await withFolder(async (cache) => {
      const loading = loadMnist({ cache, mirrors: ["http://127.0.0.1:1/a/", "http://127.0.0.1:1/b/"], timeout: 1000 });
      await expect(loading).rejects.toThrow(DownloadError);
      await expect(loading).rejects.toThrow(
        /^download: train-images-idx3-ubyte\.gz: http:\/\/127\.0\.0\.1:1\/a\/: .*; http:\/\/127\.0\.0\.1:1\/b\/: .*$/,
      );
    });
  });

  test("the cache folder is XDG's", () => {
    vi.stubEnv("XDG_CACHE_HOME", "/somewhere");
    expect(cacheFolder()).toBe("/somewhere/wengert/mnist");
    for (const ignored of ["", "relative/path"]) {
      vi.stubEnv("XDG_CACHE_HOME", ignored);
      expect(cacheFolder()).toBe(join(homedir(), ".cache", "wengert", "mnist"));
    }
  });

  test("the sizes and checksums of the official test files", async (context) => {
    const folder = sharedData(context, "mnist");
    const official = mnistFiles.filter(({ name }) => name.startsWith("t10k"));
    expect(official.length).toBe(2);
    for (const file of official) expect(remote(file.name, await readFile(join(folder, file.name)))).toEqual(file);
  });
});
