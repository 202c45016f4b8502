/**
 * Writes and reads docs/ops.md. Both, so that a test on one device can replace the columns of that device and compare the
 * whole page. measure.ts makes the columns; nothing here runs an op.
 */
import { columns, dtypes, type Measured, type Row } from "./measure.js";
import type { Layout } from "./source.js";

export const pageFile = new URL("../../docs/ops.md", import.meta.url);

/** The devices of the page. The columns of cuda are measured on cuda or on the emulator. */
export const pageDevices = ["cpu", "cuda"] as const;
export type PageDevice = (typeof pageDevices)[number];
export type Page = Readonly<Record<PageDevice, Measured>>;

const introduction = `# Ops by device and dtype

This page shows on which devices and in which dtypes each op runs, and how many times it can be differentiated. The command
\`npm run docs:ops\` writes it. The command runs the samples of each op in \`tests/cases/\` on each device, so every mark was
measured. A test fails if the page is out of date. Do not edit it by hand.

| mark | meaning |
|---|---|
| \`2\` | The op runs. Its gradient can be computed, and so can the gradient of that gradient. |
| \`1\` | The op runs, and its gradient can be computed. The gradient cannot be differentiated again. |
| \`F\` | The op runs and has no gradient. Comparisons and argmax have no gradient in any dtype, and no op has a gradient for integers and bools. |
| \`f32\`, \`i32\` | Same as \`F\`, but the result is float32 or int32, because the op converts inputs of this dtype. |
| \`-\` | The op does not take this dtype, or the device has no kernel for it. If a kernel is missing, the last column names it. |

Each column shows one dtype of the inputs that hold values. Indices and masks keep their dtypes; \`oneHot\` has only
indices. The columns are \`f64\` float64, \`f32\` float32, \`bf16\` bfloat16, \`f16\` float16, \`i32\` int32, \`u8\` uint8 and
\`bool\`.

- Functions that create tensors, such as \`zeros\` and \`randn\`, are not on this page.
- An op's marks come from one sample with the usual options. If other samples have different marks in a float dtype, the
  last column gives their marks and names.
- For the second gradient, the samples compute a weighted sum of y². The function that is differentiated again is the sum of
  the squares of its gradients.
- The page shows what can be computed, but not how accurate it is. \`npm test\` compares values and gradients with PyTorch in
  all four float dtypes, and second gradients with finite differences in float64.
- The cuda columns are measured on the emulator, which runs the same kernels on the CPU. If the tests run on a GPU, they
  measure the columns again and compare them with this page.
- A GPU with a compute capability below 8.0 has the same marks. Matrix products and convolutions in bfloat16 and float16
  do not use its tensor cores.
`;

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;
const head = (cells: readonly string[]): string => `${line(cells)}|${"---|".repeat(cells.length)}\n`;

/** A row of a device that the page does not have, or of an op that was not measured. */
const unknown: Row = { marks: columns.map(() => "?"), note: "" };

const withDevice = (device: PageDevice, note: string): string[] => (note === "" ? [] : [`${device}: ${note}`]);

/** Writes the page. */
export function render({ families, updates }: Layout, page: Page): string {
  const heads = pageDevices.flatMap((device) => columns.map((dtype) => `${device} ${dtypes[dtype]}`));
  const parts = [introduction];
  for (const [family, ops] of families) {
    const rows = ops.map(({ name, file }) => {
      const found = pageDevices.map((device) => page[device].ops.get(name) ?? unknown);
      const notes = pageDevices.flatMap((device, i) => withDevice(device, found[i].note));
      return line([`\`${name}\``, `\`${file}\``, ...found.flatMap(({ marks }) => marks), notes.join("<br>")]);
    });
    parts.push(`## ${family}\n\n\`src/ops/${family}/\`\n\n${head(["op", "file", ...heads, "notes"])}${rows.join("")}`);
  }
  const rows = updates.map(({ name, file }) =>
    line([`\`${name}\``, `\`${file}\``, ...pageDevices.map((device) => page[device].updates.get(name) ?? "?")]),
  );
  parts.push(
    `## Updates\n\nUpdates change tensors in place. They are optimizer steps and running statistics. They are never recorded on a tape and
have no gradient. The columns show whether the device has a kernel (\`yes\`) or not (\`-\`).\n\n${head(["update", "file", ...pageDevices])}${rows.join("")}`,
  );
  return parts.join("\n");
}

/** Reads the columns of a device from the page. Lines that are not rows of ops or updates are skipped. */
export function parse(text: string, device: PageDevice): Measured {
  const at = pageDevices.indexOf(device);
  const ops = new Map<string, Row>();
  const updates = new Map<string, string>();
  for (const row of text.split("\n")) {
    const cells = row.split("|").map((cell) => cell.trim());
    const name = /^`(\w+)`$/.exec(cells[1] ?? "")?.[1];
    if (name === undefined) continue;
    const values = cells.slice(3, -1);
    if (values.length === pageDevices.length) updates.set(name, values[at]);
    if (values.length !== pageDevices.length * columns.length + 1) continue;
    const marks = values.slice(at * columns.length, (at + 1) * columns.length);
    const note = values[values.length - 1].split("<br>").find((part) => part.startsWith(`${device}: `)) ?? "";
    ops.set(name, { marks, note: note.slice(`${device}: `.length) });
  }
  return { ops, updates };
}

/** The page with new columns for one device. The columns of the others are as they are in `text`. */
export function withColumns(layout: Layout, text: string, device: PageDevice, measured: Measured): string {
  return render(layout, { cpu: parse(text, "cpu"), cuda: parse(text, "cuda"), [device]: measured });
}
