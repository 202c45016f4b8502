/**
 * Recommendations: what would users give to items that they have not rated? Matrix factorization and a neural variant
 * of it, on the ratings of a file or on ratings with a known optimum.
 *
 *     npx tsx examples/recommend.ts --help
 *
 * The models and their papers are in recommend/models.ts, the ratings in recommend/ratings.ts.
 */
import { full, Generator, manualSeed, mse, noGrad, type Tensor, tensor, tidy } from "wengert";
import { arrayDataset, DataLoader, subset } from "wengert/data";
import { Adam, schedules } from "wengert/optim";
import { LearningRateScheduler, ProgressBar, Trainer } from "wengert/train";
import { Factorization, NeuralFactorization, type Recommender } from "./recommend/models.js";
import { drawRatings, errorOfMeans, noise, type Ratings, readRatings } from "./recommend/ratings.js";
import { evaluationLoader } from "./support/loader.js";
import { integer, positive, program, text, UsageError, type Values } from "./support/program.js";

const usage = `Learns how users rate items, and recommends items to a user.

npx tsx examples/recommend.ts [options]

  --file CSV     file with the columns user, item and rating; a fifth of the ratings is held out
                 (default: random ratings that the program generates)
  --model NAME   model: factors or neural (default factors)
  --factors N    number of factors per user and per item (default 8)
  --epochs N     passes over the ratings (default 20)
  --batch N      ratings per step (default 128)
  --lr X         initial Adam learning rate (default 0.02)
  --penalty X    penalty on the squared weights, relative to the sum of squared errors (default 3)
  --user NAME    the user to recommend items to (default: the first one)
  --top N        number of recommendations (default 5)
  --seed N       random seed for the ratings, split, weights and order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help         print this text`;

const options = {
  file: text(),
  model: text("factors"),
  factors: integer(8, 1),
  epochs: integer(20, 1),
  batch: integer(128, 1),
  lr: positive(2e-2),
  penalty: positive(3),
  user: text(),
  top: integer(5, 1),
  seed: integer(0),
  device: text(),
};

type RatingBatch = { readonly user: Tensor; readonly item: Tensor; readonly y: Tensor };

const models = { factors: Factorization, neural: NeuralFactorization };

await program("recommend", usage, options, async (values: Values<typeof options>) => {
  const { file, model: kind, factors, epochs, batch, lr, penalty, top, seed } = values;
  if (!Object.hasOwn(models, kind))
    throw new UsageError(`--model must be factors or neural, got ${JSON.stringify(kind)}`);
  const ratings = file === undefined ? drawRatings(seed) : await readRatings(file);
  const { users, items, rating } = ratings;
  const user = values.user === undefined ? 0 : users.indexOf(values.user);
  if (user < 0) throw new UsageError(`--user ${JSON.stringify(values.user)} has no ratings`);
  console.log(`ratings: ${rating.length} of ${items.length} items by ${users.length} users, ${ratings.source}`);

  const order = new Generator(seed).permutation(rating.length);
  const held = Math.round(rating.length / 5);
  const [validation, train] = [order.subarray(0, held), order.subarray(held)];
  const mean = train.reduce((sum, n) => sum + rating[n], 0) / train.length;
  const dataset = arrayDataset({ user: ratings.user, item: ratings.item, y: rating.map((value) => value - mean) });
  const learned = new DataLoader(subset(dataset, train), { batch: Math.min(batch, train.length), shuffle: true, seed });
  const heldOut = evaluationLoader(subset(dataset, validation), batch);

  manualSeed(seed);
  using model: Recommender = new models[kind as keyof typeof models]({
    users: users.length,
    items: items.length,
    factors,
  });
  // The mean of (r - r')^2 over N ratings, and (penalty / N) |w|^2, whose gradient is (2 penalty / N) w.
  using optimizer = new Adam(model.parameters(), { lr, weightDecay: (2 * penalty) / train.length });
  const schedule = schedules.cosine(lr, { tMax: epochs * learned.length });
  const trainer = new Trainer({
    model,
    optimizer,
    loss: mse,
    forward: ({ user, item }: RatingBatch) => model.forward(user, item),
    callbacks: [new LearningRateScheduler(schedule), new ProgressBar()],
  });
  await trainer.fit(learned, { epochs, validation: heldOut });

  const { loss } = await trainer.evaluate(heldOut);
  const best = file === undefined ? `, lowest possible ${noise.toFixed(4)}` : "";
  console.log(
    `validation RMSE: ${Math.sqrt(loss).toFixed(4)} (${errorOfMeans(ratings, train, validation).toFixed(4)} for predicting the mean ratings)${best}`,
  );
  console.log(`recommended for ${users[user]}:`);
  for (const { name, value } of recommend(model, ratings, user, top))
    console.log(`  ${name}  ${(mean + value).toFixed(2)}`);
});

/** The items with the highest predictions among those that the user has not rated. */
function recommend(
  model: Recommender,
  { items, user: users, item }: Ratings,
  user: number,
  top: number,
): { readonly name: string; readonly value: number }[] {
  const all = Int32Array.from(items, (_, i) => i);
  const rated = new Set(item.filter((_, n) => users[n] === user));
  const values = noGrad(() =>
    tidy(() => model.forward(full([all.length], user, { dtype: "int32" }), tensor(all)).dataSync()),
  );
  return items
    .map((name, i) => ({ name, value: values[i], unknown: !rated.has(i) }))
    .filter(({ unknown }) => unknown)
    .sort((a, b) => b.value - a.value)
    .slice(0, top);
}
