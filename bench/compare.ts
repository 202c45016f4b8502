/**
 * Sets the figures of bench/device.ts beside PyTorch's from the same run:
 *
 *     npx tsx bench/compare.ts OURS.json TORCH.json TABLE.md
 */
import { readFileSync, writeFileSync } from "node:fs";

interface Figure {
  readonly name: string;
  readonly dtype: string;
  readonly median: number;
  readonly quartiles: readonly [number, number];
}

const [oursFile, torchFile, table] = process.argv.slice(2);
if (!table) throw new RangeError("three files are needed: ours, PyTorch's, and the table to write");

interface Run {
  readonly date: string;
  readonly commit: string | null;
  readonly name: string;
  readonly driver: string | null;
  readonly runtime: string | null;
  readonly figures: readonly Figure[];
}

interface PeerRun {
  readonly torch: string;
  readonly cuda: string;
  readonly device: string;
  readonly figures: readonly Figure[];
}

const ours: Run = JSON.parse(readFileSync(oursFile, "utf8"));
const peer: PeerRun = JSON.parse(readFileSync(torchFile, "utf8"));

const spread = ({ median, quartiles: [low, high] }: Figure): string =>
  `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;

/** Of the medians; from our better quartile to their worse one, and the other way. */
function ratioOf(own: Figure, other: Figure): string {
  const [low, high] = [own.quartiles[0] / other.quartiles[1], own.quartiles[1] / other.quartiles[0]];
  return `${(own.median / other.median).toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

const lines = [
  `${ours.name}, ${ours.date}, commit ${ours.commit ?? "unknown"}: driver for CUDA ${ours.driver}, runtime ${ours.runtime};`,
  `PyTorch ${peer.torch} with CUDA ${peer.cuda}, on ${peer.device}, cudnn.benchmark on; float32 without tf32 on both sides.`,
  "Microseconds a call: the median of rounds, and the quartiles. Ratios are of times: below 1 Wengert is the faster.",
  "",
  "| op | dtype | Wengert | PyTorch | Wengert / PyTorch |",
  "|---|---|---|---|---|",
];
const ratios: number[] = [];
for (const figure of ours.figures) {
  const other = peer.figures.find(({ name, dtype }) => name === figure.name && dtype === figure.dtype);
  if (!other) continue;
  ratios.push(figure.median / other.median);
  lines.push(`| ${figure.name} | ${figure.dtype} | ${spread(figure)} | ${spread(other)} | ${ratioOf(figure, other)} |`);
}
writeFileSync(table, `${lines.join("\n")}\n`);
const geometric = Math.exp(ratios.reduce((total, ratio) => total + Math.log(ratio), 0) / ratios.length);
console.log(lines.join("\n"));
console.log(`${ratios.length} rows, geometric mean of Wengert / PyTorch ${geometric.toFixed(2)}`);
