/** Listings of small kernels, and rows to judge them by. The sources are in listings/samples.cu. */
import { readFileSync } from "node:fs";
import type { KernelReport } from "../../scripts/kernels/report.js";
import { type Listing, readListings } from "../../scripts/kernels/sass.js";

const text = readFileSync(new URL("listings/samples.sass", import.meta.url), "utf8");

/** The listing of one kernel of samples.cu, after `change` has changed the text of it. */
export function listingOf(name: string, change: (text: string) => string = (same) => same): Listing {
  const sections = text.split(/(?=^\s*\.section\s+\.text\.)/m);
  const own = sections.find((section) => new RegExp(`^\\s*\\.section\\s+\\.text\\._Z\\d+${name}P`).test(section));
  if (own === undefined) throw new Error(`samples.sass has no kernel ${name}`);
  const [listing] = readListings(change(own));
  return listing;
}

/** What ptxas says of a kernel that has nothing to complain of. */
export const reportOf = (more: Partial<KernelReport> = {}): KernelReport => ({
  name: "_Z4wide",
  target: "sm_90a",
  registers: 32,
  spillBytes: 0,
  stackBytes: 0,
  sharedBytes: 0,
  ...more,
});
