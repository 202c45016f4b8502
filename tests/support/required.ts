/**
 * What tests need besides Node and the packages, and whether its absence is a failure. By default a test that lacks
 * something is skipped with the reason in its name. Each of these variables, set to 1, turns that into a failure:
 *
 *     WENGERT_REQUIRE_DATA    the data sets of WENGERT_DATA or ../shared/data
 *     WENGERT_REQUIRE_NVCC    nvcc
 *     WENGERT_REQUIRE_TOOLS   every other tool: a C++ compiler, CMake, Python with PyTorch and NumPy, a file system to fill up
 *
 * `.ci/run` sets all three; `.ci/run JOB` sets none.
 */

export type Requirement = "DATA" | "NVCC" | "TOOLS";

/** Whether the absence of this is a failure. */
export const isRequired = (what: Requirement): boolean => process.env[`WENGERT_REQUIRE_${what}`] === "1";

/** Whether to skip tests that need `what`: it was not found, and its absence is not a failure. */
export const skipWithout = (what: Requirement, found: boolean): boolean => !found && !isRequired(what);
