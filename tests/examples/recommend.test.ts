import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { drawRatings, errorOfMeans, type Ratings } from "../../examples/recommend/ratings.js";
import { Generator } from "../../src/index.js";
import { runExample } from "./command.js";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "wengert-recommend-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** The numbers after the words of the last lines. */
const rmse = (stdout: string): number => Number(/^validation RMSE: (\S+) /m.exec(stdout)?.[1]);
const ofMeans = (stdout: string): number => Number(/\((\d+\.\d+) for predicting the mean ratings\)/.exec(stdout)?.[1]);

/** Readers and books of two kinds: who likes the one kind dislikes the other. Two thirds of all pairs are rated. */
function writeTastes(name: string): { readonly path: string; readonly unrated: ReadonlySet<string> } {
  const generator = new Generator(1);
  const [lines, unrated] = [["rating,user,item"], new Set<string>()];
  for (let u = 0; u < 40; u++)
    for (let i = 0; i < 30; i++) {
      const [user, item] = [`${u % 2 ? "cat" : "dog"} person ${u}`, `${i % 3 ? "cat" : "dog"} book ${i}`];
      if (generator.uniform() < 2 / 3) lines.push(`${(u % 2 > 0) === (i % 3 > 0) ? 5 : 1},${user},"${item}"`);
      else if (u === 7) unrated.add(item);
    }
  const path = join(folder, name);
  writeFileSync(path, `${lines.join("\n")}\n`);
  return { path, unrated };
}

test("the ratings that are drawn are of pairs that differ, and the same for the same seed", () => {
  const ratings = drawRatings(3, { users: 30, items: 20, count: 500 });
  const { user, item, rating } = ratings;
  expect(new Set(rating.map((_, n) => user[n] * 20 + item[n])).size).toBe(500);
  expect([Math.max(...user), Math.max(...item)]).toEqual([29, 19]);
  expect(drawRatings(3, { users: 30, items: 20, count: 500 })).toEqual(ratings);
  expect(drawRatings(4, { users: 30, items: 20, count: 500 }).rating).not.toEqual(rating);
});

test("the error of means is what it is by hand", () => {
  const ratings: Ratings = {
    users: ["a", "b", "new"],
    items: ["x", "y"],
    user: Int32Array.of(0, 0, 1, 2, 1),
    item: Int32Array.of(0, 1, 0, 1, 1),
    rating: Float32Array.of(5, 3, 1, 4, 2),
    source: "",
  };
  // Over the first three: mean 3, a is 1 above it, b 2 below, x at it, y at it.
  expect(errorOfMeans(ratings, Int32Array.of(0, 1, 2), Int32Array.of(3, 4))).toBeCloseTo(
    Math.sqrt(((4 - 3) ** 2 + (2 - 1) ** 2) / 2),
    12,
  );
});

test.each([
  ["factors", 0.62],
  ["neural", 0.62],
])("%s come near the least error possible", async (model, bound) => {
  const { code, stdout } = await runExample("recommend", ["--model", model, "--device", "cpu"]);
  expect(code).toBe(0);
  expect(stdout).toContain("9000 of 120 items by 200 users");
  expect(stdout).toContain(", lowest possible 0.5000\n");
  expect(rmse(stdout)).toBeGreaterThan(0.5);
  expect(rmse(stdout)).toBeLessThan(bound);
  expect(ofMeans(stdout)).toBeGreaterThan(0.9);
});

test("a file of ratings is learned, and who likes cats gets unread books about them", async () => {
  const { path, unrated } = writeTastes("tastes.csv");
  const { code, stdout } = await runExample("recommend", [
    ...["--file", path, "--factors", "2", "--batch", "32", "--penalty", "1", "--epochs", "15"],
    ...["--user", "cat person 7", "--top", "4", "--device", "cpu"],
  ]);
  expect(code).toBe(0);
  expect(ofMeans(stdout)).toBeGreaterThan(1.8);
  expect(rmse(stdout)).toBeLessThan(0.8);
  expect(stdout).not.toContain("lowest possible");
  const lines = stdout.trimEnd().split("\n");
  const from = lines.indexOf("recommended for cat person 7:");
  const recommended = lines.slice(from + 1).map((line) => /^ {2}(.*) {2}(\d\.\d\d)$/.exec(line) ?? []);
  expect(recommended).toHaveLength(4);
  for (const [, item, value] of recommended) {
    expect(item).toMatch(/^cat book/);
    expect(unrated).toContain(item);
    expect(Number(value)).toBeGreaterThan(4);
  }
});

test.each([
  [["--model", "oracle"], 2, '--model must be factors or neural, got "oracle"'],
  [["--user", "nobody"], 2, '--user "nobody" has no ratings'],
  [["--file", "/nowhere.csv"], 1, "readCsv: cannot read /nowhere.csv: "],
])("%j is refused in one line", async (args, status, message) => {
  const { code, stdout, stderr } = await runExample("recommend", args);
  expect(stderr).toMatch(/^recommend: .*\n$/);
  expect(stderr).toContain(message);
  expect(stdout).toBe("");
  expect(code).toBe(status);
});

test("a file without ratings is refused in one line", async () => {
  const path = join(folder, "other.csv");
  writeFileSync(path, "user,movie,rating\n1,2,3\n");
  const { code, stderr } = await runExample("recommend", ["--file", path]);
  expect(stderr).toMatch(/^recommend: .*other\.csv.*\n$/);
  expect(code).toBe(1);
});
