/**
 * A small GPT that learns a text character by character, and then writes on: each character is shown as it is drawn.
 *
 *     npx tsx examples/char-gpt.ts --file shakespeare.txt --out .
 *     npx tsx examples/char-gpt.ts --model char-gpt.safetensors --prompt "To be, or"
 *
 * The model of Radford et al., "Language models are unsupervised multitask learners" (2019), in the size that a laptop
 * trains; after Karpathy's nanoGPT.
 */
import { join } from "node:path";
import { Generator, manualSeed } from "wengert";
import { CharacterVocabulary } from "wengert/data";
import { makeFolder } from "wengert/io";
import { NaNGuard, ProgressBar } from "wengert/train";
import { type CharacterModel, loadModel, readText, saveModel } from "./char-gpt/files.js";
import { GPT } from "./char-gpt/model.js";
import { sample } from "./char-gpt/sampling.js";
import { splitText, train } from "./char-gpt/training.js";
import { onInterrupt } from "./support/interrupt.js";
import { integer, positive, program, text, type Values } from "./support/program.js";

const options = {
  file: text(),
  layers: integer(2, 1),
  width: integer(64, 1),
  heads: integer(4, 1),
  context: integer(64, 1),
  batch: integer(16, 1),
  epochs: integer(5, 1),
  steps: integer(200, 1),
  lr: positive(3e-3),
  out: text(),
  model: text(),
  prompt: text(),
  length: integer(500),
  temperature: positive(0.8),
  "top-k": integer(0),
  seed: integer(0),
  device: text(),
};

const usage = `Trains a small character-level GPT on a text, then generates text with it.

npx tsx examples/char-gpt.ts [options]

  --file FILE      the text to train on (default: this project's documentation)
  --layers N       number of layers (default 2)
  --width N        features per character (default 64)
  --heads N        number of attention heads, which must divide the width (default 4)
  --context N      number of characters that the model sees at once (default 64)
  --batch N        text pieces per step (default 16)
  --epochs N       number of epochs; after each, the model is tested on a held-out tenth of the text (default 5)
  --steps N        steps per epoch (default 200)
  --lr X           AdamW learning rate (default 0.003)
  --out DIR        folder for char-gpt.safetensors (default: the model is not saved)

  --model FILE     a saved model to generate text with, without training
  --prompt TEXT    the text to continue (default: the first character of the vocabulary, usually the line break)
  --length N       number of characters to generate (default 500)
  --temperature X  sampling temperature: below 1 for likelier characters, above 1 for more variety (default 0.8)
  --top-k N        sample from the N likeliest characters; 0 for all (default 0)

  --seed N         random seed for the weights, text pieces and samples (default 0)
  --device NAME    cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help           print this text

Ctrl-C ends training early, then generates text; press it again to quit immediately.`;

type Options = Values<typeof options>;

/** The model that the text teaches. */
async function learn(settings: Options): Promise<CharacterModel> {
  const { file, out, prompt, context, layers, width, heads, seed } = settings;
  const { text, source } = await readText(file);
  const vocabulary = CharacterVocabulary.of(text);
  vocabulary.encode(prompt ?? ""); // a prompt that it cannot read fails now, not after training
  if (out !== undefined) await makeFolder(out);
  console.log(`text: ${source}: ${text.length} characters, ${vocabulary.size} of them distinct`);

  manualSeed(seed);
  const model = new GPT({ vocabulary: vocabulary.size, layers, width, heads, context });
  const interruption = onInterrupt("testing the model, then generating text");
  const loss = await train(model, splitText(vocabulary.encode(text), context), {
    ...settings,
    callbacks: [new ProgressBar(), new NaNGuard()],
    signal: interruption.signal,
  });
  interruption.end();
  console.log(`validation loss: ${loss.toFixed(4)} nats per character`);

  if (out !== undefined) {
    const path = join(out, "char-gpt.safetensors");
    await saveModel(path, { model, vocabulary });
    console.log(`saved: ${path}`);
  }
  console.log();
  return { model, vocabulary };
}

await program("char-gpt", usage, options, async (settings) => {
  const { model, vocabulary } = await (settings.model === undefined ? learn(settings) : loadModel(settings.model));
  const { prompt = vocabulary.characters[0], length, temperature, "top-k": topK, seed } = settings;
  const tokens = vocabulary.encode(prompt);
  process.stdout.write(prompt);
  for await (const token of sample(model, tokens, { length, temperature, topK, generator: new Generator(seed) }))
    process.stdout.write(vocabulary.decode([token]));
  process.stdout.write("\n");
});
