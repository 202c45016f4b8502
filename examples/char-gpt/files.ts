/** Reads the training text and saves and loads the model of the char-gpt example, with its vocabulary. */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { FileError, FormatError } from "wengert";
import { CharacterVocabulary } from "wengert/data";
import { loadSafetensors, saveSafetensors } from "wengert/io";
import { GPT, type GPTOptions } from "./model.js";

/** The text of a file, or else this project's own documentation. */
export async function readText(file: string | undefined): Promise<{ readonly text: string; readonly source: string }> {
  if (file !== undefined) return { text: await read(file), source: file };
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const pages = (await readdir(`${root}docs`)).filter((name) => name.endsWith(".md")).sort();
  const paths = [`${root}README.md`, ...pages.map((name) => `${root}docs/${name}`)];
  return { text: (await Promise.all(paths.map(read))).join("\n"), source: "this project's documentation" };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new FileError(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** A model, and the characters that its tokens represent. */
export interface CharacterModel {
  readonly model: GPT;
  readonly vocabulary: CharacterVocabulary;
}

/** Saves the weights, and beside them what is needed to make the model again. */
export const saveModel = (path: string, { model, vocabulary }: CharacterModel): Promise<void> =>
  saveSafetensors(path, model.stateDict(), {
    model: JSON.stringify(model.options),
    vocabulary: JSON.stringify(vocabulary),
  });

/** @throws FileError, FormatError if the file was not written by `saveModel` */
export async function loadModel(path: string): Promise<CharacterModel> {
  const { tensors, metadata } = await loadSafetensors(path);
  if (!("model" in metadata && "vocabulary" in metadata))
    throw new FormatError(`${path} was not saved by char-gpt: it does not contain the model options`);
  const model = new GPT(JSON.parse(metadata.model) as GPTOptions);
  model.loadStateDict(tensors);
  for (const tensor of tensors.values()) tensor.dispose();
  return { model, vocabulary: CharacterVocabulary.fromJSON(JSON.parse(metadata.vocabulary)) };
}
