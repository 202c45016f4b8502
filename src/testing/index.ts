/**
 * Helpers for the tests of programs that use Wengert. They know no test runner and work with all of them.
 *
 * @module
 */
import "../backends/index.js";

export type { Leak } from "../core/memory/leaks.js";
export { checkLeaks, expectNoLeaks, LeakError, type LeakHooks } from "./leaks.js";
