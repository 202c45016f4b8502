/** Writes the case list as JSON, for tests/goldens/make.py. Arguments: families or files of cases; all where none is given. */
import { caseFileNames, dump } from "../tests/support/goldens.js";

/** The files that an argument means: `reduction` or `reduction/scan`. */
function filesOf(wanted: string): string[] {
  const files = caseFileNames.filter((file) => file === wanted || file.startsWith(`${wanted}/`));
  if (files.length === 0) throw new Error(`goldens: no family or file ${wanted}; known: ${caseFileNames.join(", ")}`);
  return files;
}

const wanted = process.argv.slice(2);
const chosen = wanted.length > 0 ? wanted.flatMap(filesOf) : caseFileNames;
process.stdout.write(JSON.stringify(Object.fromEntries(chosen.map((file) => [file, dump(file)]))));
