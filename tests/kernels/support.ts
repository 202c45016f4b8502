/** Listings of small kernels, and rows to judge them by. The sources are in listings/samples.cu. */
import { readFileSync } from "node:fs";
import type { KernelReport } from "../../scripts/kernels/report.js";
import { type Listing, readListings } from "../../scripts/kernels/sass.js";

const text = readFileSync(new URL("listings/samples.sass", import.meta.url), "utf8");

/** A main loop that stores 4 bytes at once, and a rare second loop that stores 16. */
export const hidden = `\t.section\t.text._Z6hiddenPf,"ax"
.L_x_0:
 /*0000*/ LDG.E.128 R8, desc[UR4][R2.64] ;
 /*0010*/ STG.E desc[UR4][R4.64], R8 ;
 /*0020*/ @P0 BRA \`(.L_x_0) ;
.L_x_1:
 /*0030*/ LDG.E.128 R8, desc[UR4][R2.64] ;
 /*0040*/ STG.E.128 desc[UR4][R4.64], R8 ;
 /*0050*/ @P1 BRA \`(.L_x_1) ;
 /*0070*/ EXIT ;
`;

/** The listing of one kernel of samples.cu, after `change` has changed the text of it. */
export function listingOf(name: string, change: (text: string) => string = (same) => same): Listing {
  const sections = text.split(/(?=^\s*\.section\s+\.text\.)/m);
  const own = sections.find((section) => new RegExp(`^\\s*\\.section\\s+\\.text\\._Z\\d+${name}P`).test(section));
  if (own === undefined) throw new Error(`samples.sass has no kernel ${name}`);
  const [listing] = readListings(change(own));
  return listing;
}

/** A ptxas report without complaints. */
export const reportOf = (more: Partial<KernelReport> = {}): KernelReport => ({
  name: "_Z4wide",
  target: "sm_90a",
  registers: 32,
  spillBytes: 0,
  stackBytes: 0,
  sharedBytes: 0,
  ...more,
});
