import { describe, expect, test } from "vitest";
import { measure, widthOf } from "../../scripts/kernels/accesses.js";
import { loopsOf } from "../../scripts/kernels/loops.js";
import { readListings } from "../../scripts/kernels/sass.js";
import { hidden, listingOf } from "./support.js";

const one = { count: 1, narrowLoops: 0, split: 0 };

describe("the accesses of a kernel", () => {
  test("of whole vectors are 16 bytes wide, regardless of the code after the loop", () => {
    expect(measure(listingOf("wide"))).toEqual({
      loads: { width: 16, ...one },
      stores: { width: 16, ...one },
      local: 0,
    });
  });

  test("that store 4 bytes in the loop are 4 bytes wide", () => {
    expect(measure(listingOf("narrow"))).toEqual({
      loads: { width: 16, ...one },
      stores: { width: 4, ...one },
      local: 0,
    });
  });

  test("that one wide store hides are found as a group that could be one", () => {
    expect(measure(listingOf("split")).stores).toEqual({ width: 16, ...one, split: 1 });
  });

  test("stores with different predicates are not counted as split", () => {
    expect(measure(listingOf("guarded")).stores).toEqual({ width: 16, ...one });
  });

  test("through an address that changes in between are not such a group", () => {
    const moved = listingOf("split", (text) =>
      text.replace(/(.*STG\.E desc.*\+-0x4\], R\d+ ;\n)/, "$1 /*ff00*/ IADD3 R4, P0, R4, 0x40, RZ ;\n"),
    );
    // Of the four, two are left on each side.
    expect(measure(moved).stores).toEqual({ width: 16, ...one, split: 2 });
    const both = listingOf("split", (text) =>
      text.replace(/(.*STG\.E desc.*, R\d+ ;\n)/g, "$1 /*ff00*/ IADD3 R4, P0, R4, 0x40, RZ ;\n"),
    );
    expect(measure(both).stores).toEqual({ width: 16, ...one });
  });

  test("of a narrow loop are not hidden by another loop with wide ones", () => {
    expect(measure(readListings(hidden)[0]).stores).toEqual({ width: 16, ...one, narrowLoops: 1 });
    const wide = hidden.replace("STG.E desc", "STG.E.128 desc");
    expect(measure(readListings(wide)[0]).stores).toEqual({ width: 16, ...one, count: 2 });
    // An outer loop is not an innermost one: its own narrow store, of a number for each row, does not count.
    const outer = hidden
      .replace("@P0 BRA `(.L_x_0)", "NOP")
      .replace("@P1 BRA `(.L_x_1)", "@P1 BRA `(.L_x_1) ;\n /*0060*/ @P0 BRA `(.L_x_0)");
    expect(measure(readListings(outer)[0]).stores).toEqual({ width: 16, ...one });
  });

  test("in local memory are counted", () => {
    expect(measure(listingOf("local")).local).toBe(6);
  });

  test("of a kernel without a loop are those of its main path", () => {
    expect(measure(listingOf("straight"))).toEqual({
      loads: { width: 8, ...one },
      stores: { width: 8, ...one },
      local: 0,
    });
  });

  test("of a product's main loop are as wide as the narrowest", () => {
    expect(measure(listingOf("pipeline")).loads.width).toBe(16);
    expect(measure(listingOf("pipeline"), "pipeline").loads).toEqual({ width: 2, ...one });
    const wider = listingOf("pipeline", (text) => text.replace("LDG.E.U16", "LDG.E.128"));
    expect(measure(wider, "pipeline").loads.width).toBe(16);
  });

  test("of a product without a barrier in its loop do not count", () => {
    const free = listingOf("pipeline", (text) => text.replaceAll("BAR.SYNC", "NOP"));
    expect(measure(free, "pipeline").loads.width).toBe(0);
  });

  test.each([
    ["LDG.E.128.CONSTANT", 16],
    ["LDGSTS.E.BYPASS.128", 16],
    ["UTMALDG.2D", 16],
    ["STG.E.64", 8],
    ["LDG.E", 4],
    ["STG.E.U16", 2],
    ["LDG.E.S8", 1],
  ])("by %s are %d bytes wide", (opcode, width) => expect(widthOf(opcode)).toBe(width));
});

const section = (lines: string): string => `\t.section\t.text.f,"ax"\n${lines}`;
const blocksOf = (lines: string) => readListings(section(lines))[0].blocks;

describe("the loops of a listing", () => {
  test("include the blocks between a branch back and its target", () => {
    const blocks = blocksOf(`.L_x_0:
 /*0000*/ LDG.E R0, [R2.64] ;
 /*0010*/ @P0 BRA \`(.L_x_1) ;
 /*0020*/ FADD R0, R0, R0 ;
.L_x_1:
 /*0030*/ @!P1 BRA \`(.L_x_0) ;
 /*0040*/ EXIT ;
`);
    expect(loopsOf(blocks).map((loop) => [...loop].sort())).toEqual([[0, 1, 2]]);
  });

  test("do not include a rare path at the end that branches back", () => {
    const blocks = blocksOf(` /*0000*/ @P0 BRA \`(.L_x_1) ;
.L_x_0:
 /*0010*/ STG.E [R2.64], R0 ;
 /*0020*/ EXIT ;
.L_x_1:
 /*0030*/ FADD R0, R0, R0 ;
 /*0040*/ BRA \`(.L_x_0) ;
`);
    expect(loopsOf(blocks)).toEqual([]);
  });

  test("include a rare block that ptxas moved behind the end", () => {
    const blocks = blocksOf(`.L_x_0:
 /*0000*/ @P0 BRA \`(.L_x_2) ;
.L_x_1:
 /*0010*/ @P1 BRA \`(.L_x_0) ;
 /*0020*/ EXIT ;
.L_x_2:
 /*0030*/ STG.E [R2.64], R0 ;
 /*0040*/ BRA \`(.L_x_1) ;
`);
    expect(loopsOf(blocks).map((loop) => [...loop].sort())).toEqual([[0, 1, 3]]);
  });

  test("cannot be found in a listing with a line that is not understood", () => {
    expect(() => blocksOf(" /*0000*/ ??? R0 ;\n")).toThrow("cannot read the instruction");
    expect(() => blocksOf(" /*0000*/ BRA `(.L_x_9) ;\n")).toThrow(".L_x_9, which is not in its section");
  });
});
