/** Writes the case list as JSON, for tests/goldens/make.py. Arguments: families; all where none is given. */
import { dump, type Family, familyNames } from "../tests/support/goldens.js";

const wanted = process.argv.slice(2);
for (const name of wanted)
  if (!(familyNames as string[]).includes(name))
    throw new Error(`goldens: no family ${name}; known: ${familyNames.join(", ")}`);
const chosen = wanted.length > 0 ? (wanted as Family[]) : familyNames;
process.stdout.write(JSON.stringify(Object.fromEntries(chosen.map((family) => [family, dump(family)]))));
