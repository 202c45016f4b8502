/** Reads or invents the ratings of the recommend example. The models are in models.ts. */
import { embedding, FormatError, Generator, randn, type Tensor, tensor, tidy } from "wengert";
import { readCsv } from "wengert/data";

/** Who rated what, and how: entry i of the three lists is one rating. */
export interface Ratings {
  /** The names of users and items, by their numbers. */
  readonly users: readonly string[];
  readonly items: readonly string[];
  readonly user: Int32Array;
  readonly item: Int32Array;
  readonly rating: Float32Array;
  /** Where they come from, in one line. */
  readonly source: string;
}

/**
 * Reads a file with the columns user, item and rating; users and items have any names.
 *
 * @throws FormatError, ArgumentError, FileError if the file is not a table of ratings, or has fewer than 10
 */
export async function readRatings(path: string): Promise<Ratings> {
  const table = await readCsv(path);
  if (table.length < 10) throw new FormatError(`${path}: at least 10 ratings are needed, got ${table.length}`);
  const [users, items] = [table.categories("user"), table.categories("item")];
  return {
    users: users.classes,
    items: items.classes,
    user: users.labels,
    item: items.labels,
    rating: table.numbers("rating").data as Float32Array,
    source: path,
  };
}

/** The standard deviation of what cannot be known in the ratings of `drawRatings`. */
export const noise = 0.5;

/**
 * Ratings that follow the model: a mean, what is particular to the user and to the item, how three tastes of the user
 * and three traits of the item go together, and noise. To know all but the noise is the best there is: the expected
 * error of no prediction is below `noise`.
 */
export function drawRatings(seed: number, { users = 200, items = 120, count = 9_000 } = {}): Ratings {
  const generator = new Generator(seed);
  const normal = (shape: number[], std: number): Tensor => randn(shape, { std, generator });
  const pairs = generator.permutation(users * items).subarray(0, count);
  const [user, item] = [pairs.map((pair) => Math.floor(pair / items)), pairs.map((pair) => pair % items)];
  const rating = tidy(() => {
    const [u, i] = [tensor(user), tensor(item)];
    const [tastes, traits] = [embedding(u, normal([users, 3], 0.7)), embedding(i, normal([items, 3], 0.7))]; // (N, 3)
    const particular = embedding(u, normal([users, 1], 0.4)).add(embedding(i, normal([items, 1], 0.4))); // (N, 1)
    const known = tastes.mul(traits).sum(1).add(particular.squeeze(1)).add(3.5); // (N)
    return known.add(normal([count], noise)).dataSync() as Float32Array;
  });
  const names = (kind: string, length: number): string[] => Array.from({ length }, (_, n) => `${kind} ${n + 1}`);
  const source = `drawn by this program with noise of standard deviation ${noise}`;
  return { users: names("user", users), items: names("item", items), user, item, rating, source };
}

/**
 * The error without learning: the mean of all ratings, and how far those of the user and those of the item are from it.
 *
 * @returns the root of the mean squared error over `validation`, for means over `train`
 */
export function errorOfMeans(ratings: Ratings, train: Int32Array, validation: Int32Array): number {
  const { rating } = ratings;
  const mean = train.reduce((sum, n) => sum + rating[n], 0) / train.length;
  const deviations = (of: Int32Array, length: number): number[] => {
    const [sums, counts] = [new Array<number>(length).fill(0), new Array<number>(length).fill(0)];
    for (const n of train) {
      sums[of[n]] += rating[n] - mean;
      counts[of[n]]++;
    }
    return sums.map((sum, id) => sum / Math.max(counts[id], 1)); // 0 for one that nothing is known of
  };
  const ofUser = deviations(ratings.user, ratings.users.length);
  const ofItem = deviations(ratings.item, ratings.items.length);
  const predict = (n: number): number => mean + ofUser[ratings.user[n]] + ofItem[ratings.item[n]];
  return Math.sqrt(validation.reduce((sum, n) => sum + (rating[n] - predict(n)) ** 2, 0) / validation.length);
}
