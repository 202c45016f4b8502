/** A study that tests kill and resume. Also run as a child process by the tests of studies. */
import { argv, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { bayesianSearch, type Objective, Study, type StudyOptions, uniform } from "../../src/tune/index.js";

const space = { x: uniform(-2, 2), y: uniform(-2, 2) };

/** The study that tests/tune/study.test.ts kills. */
export const options: StudyOptions<typeof space> = { space, search: bayesianSearch({ startup: 3 }), seed: 2 };

export const score: Objective<typeof space> = ({ params: { x, y } }) => (x - 1) ** 2 + (y + 0.5) ** 2;

if (import.meta.url === pathToFileURL(argv[1] ?? "").href) {
  const study = await Study.open(argv[2], options);
  const told: Objective<typeof space> = async (trial) => {
    stdout.write(`${trial.number}\n`);
    await new Promise((done) => setTimeout(done, 5));
    return score(trial);
  };
  await study.run(told, { trials: 100_000 });
}
