/**
 * Prints what failed in vitest's results, a line each, and how many tests there were: node outcome.mjs test.json
 *
 * Plain JavaScript: it says what went wrong where nothing else may run.
 */
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";

const [file] = process.argv.slice(2);
if (!existsSync(file)) {
  console.log("no results were written: the run was cut off");
  process.exit(1);
}
const { testResults } = JSON.parse(readFileSync(file, "utf8"));
const first = (text) =>
  String(text ?? "")
    .split("\n")[0]
    .slice(0, 300);
const tests = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ ...test, file: relative(process.cwd(), name) })),
);
const failed = tests.filter(({ status }) => status === "failed");
const broken = testResults.filter(
  ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
);
console.log("");
for (const { name, message } of broken) console.log(`FAILED ${relative(process.cwd(), name)}: ${first(message)}`);
for (const { file, fullName, failureMessages } of failed)
  console.log(`FAILED ${file}: ${fullName}: ${first(failureMessages[0])}`);
const passed = tests.filter(({ status }) => status === "passed").length;
const counts = `${passed} passed, ${failed.length} failed, ${tests.length - passed - failed.length} skipped`;
console.log(
  `${counts}, in ${testResults.length} files${broken.length > 0 ? `, of which ${broken.length} do not run` : ""}`,
);
if (passed === 0 || failed.length + broken.length > 0) process.exit(1);
