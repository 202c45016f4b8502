/** Writes the case list as JSON, for tests/goldens/make.py. Arguments: families or files of cases, all if none is given. */
import { caseFileNames, dump } from "../tests/support/goldens.js";

/** The files that an argument means: `reduction` or `reduction/scan`. */
const filesOf = (name: string): string[] =>
  caseFileNames.filter((file) => file === name || file.startsWith(`${name}/`));

const names = process.argv.slice(2);
const unknown = names.filter((name) => filesOf(name).length === 0);
if (unknown.length > 0) {
  console.error(`goldens: unknown family or file ${unknown.join(", ")}; available: ${caseFileNames.join(", ")}`);
  process.exit(1);
}
const chosen = names.length > 0 ? new Set(names.flatMap(filesOf)) : caseFileNames;
process.stdout.write(JSON.stringify(Object.fromEntries([...chosen].map((file) => [file, dump(file)]))));
