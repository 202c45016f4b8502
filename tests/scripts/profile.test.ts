import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { runScript } from "./stand-ins.js";

const script = fileURLToPath(new URL("../../scripts/gpu/profile.sh", import.meta.url));

/** Stands in for Node: lists the rows. */
const node = `printf '%s\\n' "a product" "a sum" "a copy"`;

/** Parts of stand-ins for ncu, which print what ncu prints. The last argument is the row. */
const counted = `echo '==PROF== Connected to process 7 (/node)'
echo '"ID","Process ID","Kernel Name","dram__bytes_read.sum"'
echo '"","","","byte"'
echo '"0","7","gemmKernel","4,096"'`;
const forbidden = `echo '==ERROR== ERR_NVGPUCTRPERM - The user does not have permission to access NVIDIA GPU Performance Counters'
echo '==WARNING== No kernels were profiled.'`;
const thrown = `echo 'file:///bench/device.js:9'
echo 'DeviceError: cuda: an illegal memory access'
echo '    at run (file:///bench/device.js:9:1)'
echo 'Node.js v20.20.2'
echo '==ERROR== The application returned an error code (1).'
echo '==WARNING== No kernels were profiled.'
exit 1`;
/** The name of the row, as ncu's last argument. */
const row = `"\${@: -1}"`;

/** Runs profile.sh with a stand-in for ncu, or without one. */
async function profile(ncu: string | null, env: NodeJS.ProcessEnv = {}, seconds = 60) {
  const programs = { node, ...(ncu === null ? {} : { ncu }) };
  const { status, stdout, out } = await runScript([script, "out", String(seconds)], programs, {
    ...{ WENGERT_DEVICE: "cuda", ...env },
  });
  return { status, lines: stdout.trimEnd().split("\n"), csv: out };
}

describe("profiling with ncu", () => {
  test("writes a table for each row", async () => {
    const { status, lines, csv } = await profile(counted);
    expect(lines).toEqual([
      ...["profiled: a product", "profiled: a sum", "profiled: a copy"],
      "3 of 3 rows counted, 0 failed",
    ]);
    expect(status).toBe(0);
    expect(csv.match(/^# .*$/gm)).toEqual(["# a product", "# a sum", "# a copy"]);
    expect(csv.match(/"4,096"/g)).toHaveLength(3);
  });

  test("without permission, ncu cannot start, though its status is 0", async () => {
    const { status, lines, csv } = await profile(forbidden);
    expect(status).toBe(3);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^ncu cannot start: ==ERROR== ERR_NVGPUCTRPERM - The user does not have permission/);
    expect(csv).toBe(`${lines[0]}\n`);
  });

  test("without a table, nothing was counted", async () => {
    const { status, lines } = await profile("echo '==WARNING== No kernels were profiled.'");
    expect(status).toBe(3);
    expect(lines).toEqual(["ncu cannot start: ==WARNING== No kernels were profiled."]);
    const header = await profile(`echo '"ID","Kernel Name"'; echo '"","byte"'`);
    expect(header.status).toBe(3);
  });

  test("a row without a table fails if ncu counted other rows", async () => {
    const { status, lines } = await profile(`if [ ${row} = "a sum" ]; then ${forbidden}\nelse ${counted}\nfi`);
    expect(status).toBe(1);
    expect(lines[1]).toMatch(/^FAILED a sum: ==ERROR== ERR_NVGPUCTRPERM/);
    expect(lines.at(-1)).toBe("2 of 3 rows counted, 1 failed");
  });

  test("counters that the card lacks are left out", async () => {
    const lacks = (counter: string): string =>
      `if [[ "$*" == *${counter}* ]]; then echo '==ERROR== Failed to find metric regex:^${counter}\\.(sum|avg)$'; exit 1; fi\n`;
    const { status, lines, csv } = await profile(
      `${lacks("sm__issue_active")}${lacks("dram__bytes_read")}echo "$*"\n${counted}`,
    );
    expect(status).toBe(0);
    expect(lines.slice(0, 2).join("\n")).toMatch(/find metric regex:\^sm__issue_active.*\n.*\^dram__bytes_read/);
    expect(lines.at(-1)).toBe("3 of 3 rows counted, 0 failed");
    expect(csv).toMatch(
      /--metrics dram__bytes_write\.sum,lts__t_sectors_op_write\.sum,gpu__time_duration\.sum,sm__pipe_/,
    );
    expect(csv).not.toMatch(/sm__issue_active|dram__bytes_read\.sum,/);
  });

  test("an unknown counter that is not on the list ends the profiling", async () => {
    const { status, lines } = await profile("echo '==ERROR== Failed to find metric of_another_tool'; exit 1");
    expect(status).toBe(3);
    expect(lines.at(-1)).toBe("ncu cannot start: ==ERROR== Failed to find metric of_another_tool");
  });

  test("an error of our program is an error of its row, also of the first", async () => {
    const first = await profile(`if [ ${row} = "a product" ]; then ${thrown}\nelse ${counted}\nfi`);
    expect(first.lines).toEqual([
      "FAILED a product: DeviceError: cuda: an illegal memory access",
      ...["profiled: a sum", "profiled: a copy", "2 of 3 rows counted, 1 failed"],
    ]);
    expect(first.status).toBe(1);
    const all = await profile(thrown);
    expect(all.status).toBe(1);
    expect(all.lines.at(-1)).toBe("0 of 3 rows counted, 3 failed");
    const killed = await profile("kill -SEGV $$");
    expect(killed.status).toBe(1);
    expect(killed.lines[0]).toBe("FAILED a product: it was killed, status 139");
  });

  test("rows that the time is too short for are not counted", async () => {
    const { status, lines } = await profile(`sleep 2; ${counted}`, {}, 6);
    expect([status, lines]).toEqual([2, ["profiled: a product", "1 of 3 rows counted, 0 failed"]]);
    const hangs = await profile("sleep 30", {}, 6);
    expect([hangs.status, hangs.lines]).toEqual([2, ["0 of 3 rows counted, 0 failed"]]);
  });

  test("says why it does not start without ncu or a GPU", async () => {
    const without = await profile(null);
    expect([without.status, without.csv]).toEqual([3, "ncu cannot start: it is not installed\n"]);
    const emulator = await profile(counted, { WENGERT_DEVICE: "emulator" });
    expect(emulator.csv).toBe("ncu cannot start: it profiles GPUs, not the emulator\n");
  });
});
