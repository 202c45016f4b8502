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

const ours: Figure[] = JSON.parse(readFileSync(oursFile, "utf8"));
const peer: { torch: string; device: string; figures: Figure[] } = JSON.parse(readFileSync(torchFile, "utf8"));

const spread = ({ median, quartiles: [low, high] }: Figure): string =>
  `${median.toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;

const lines = [
  `${peer.device}, PyTorch ${peer.torch}; microseconds a call, medians and quartiles; float32 without tf32 on both sides`,
  "",
  "| op | dtype | Wengert | PyTorch | ours / PyTorch's |",
  "|---|---|---|---|---|",
];
const ratios: number[] = [];
for (const figure of ours) {
  const other = peer.figures.find(({ name, dtype }) => name === figure.name && dtype === figure.dtype);
  if (!other) continue;
  const ratio = figure.median / other.median;
  ratios.push(ratio);
  lines.push(`| ${figure.name} | ${figure.dtype} | ${spread(figure)} | ${spread(other)} | ${ratio.toFixed(2)} |`);
}
writeFileSync(table, `${lines.join("\n")}\n`);
const geometric = Math.exp(ratios.reduce((total, ratio) => total + Math.log(ratio), 0) / ratios.length);
console.log(lines.join("\n"));
console.log(`${ratios.length} rows, geometric mean of ours / PyTorch's ${geometric.toFixed(2)}`);
