/**
 * Follows a page of docs/how-to in a scratch copy of the project: applies its blocks and runs its commands, in order. Used by
 * the command (main.ts), by break.ts, and by tests/how-to.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRequired } from "../../tests/support/required.js";
import { hasNvcc } from "../kernels/tools.js";
import type { CommandBlock, Corruption } from "./blocks.js";
import { AnchorError, applyBlock } from "./edit.js";
import { type Page, readPage, type Step } from "./page.js";
import { copyProject, environment, root } from "./scratch.js";

const folder = join(root, "docs", "how-to");

/** The names of all pages, without `.md`. */
export const pageNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .map((file) => file.slice(0, -3))
    .sort();

/**
 * Reads a page of docs/how-to.
 *
 * @throws Error if there is no page of this name
 */
export function loadPage(name: string): Page {
  if (!pageNames().includes(name))
    throw new Error(`how-to: there is no page ${name}; the pages are ${pageNames().join(", ")}`);
  return readPage(name, readFileSync(join(folder, `${name}.md`), "utf8"));
}

/** The first step of a run that failed. */
export interface Failure {
  readonly step: Step;
  /** A command failed, the output was not the one of the page, or the place of a block was not found. */
  readonly kind: "command" | "output" | "anchor";
  readonly message: string;
}

/** How to run a page. */
export interface RunOptions {
  /** The number of a step to leave out. */
  readonly leaveOut?: number;
  /** A step that is done wrongly, and how. */
  readonly corrupt?: { readonly step: number; readonly change: Corruption };
  /** Keeps the scratch copy. */
  readonly keep?: boolean;
  /** Milliseconds that all commands together may take. */
  readonly timeout?: number;
  /** Called with a line for each step. */
  readonly log?: (line: string) => void;
}

/** Milliseconds that one command may take. */
const commandTimeout = 600_000;

/** What is left behind if this process ends now: the process groups of commands that run, and scratch copies. */
const groups = new Set<number>();
const copies = new Set<string>();

/** Ends all processes of a command: npm, npx and the runner each start further ones. */
function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch (error) {
    // All of them have ended.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

const deleteFolder = (folder: string): void => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });

/** When this process exits. */
function cleanUp(): void {
  for (const group of groups) endGroup(group);
  for (const copy of copies) deleteFolder(copy);
}

/** When a signal ends this process. tsx kills it if it takes longer than a moment, so another process deletes the folders. */
function cleanUpLater(): void {
  for (const group of groups) endGroup(group);
  spawn("sh", ["-c", 'sleep 1; rm -rf "$@"', "sh", ...copies], { detached: true, stdio: "ignore" }).unref();
  groups.clear();
  copies.clear();
}

let isWatching = false;

function cleanUpAtEnd(): void {
  if (isWatching) return;
  isWatching = true;
  process.on("exit", cleanUp);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const end = (): void => {
      cleanUpLater();
      process.off(signal, end);
      process.kill(process.pid, signal);
    };
    // Not `once`: the signal comes twice, from the terminal and from tsx, and the second must not end the process before this.
    process.on(signal, end);
  }
}

/** Runs a command line in a folder; resolves to its output and whether it succeeded within a number of milliseconds. */
function runCommand(
  command: string,
  cwd: string,
  timeout: number,
): Promise<{ ok: boolean; printed: string; stdout: string }> {
  return new Promise((resolve) => {
    const env = environment();
    const child = spawn("bash", ["-o", "pipefail", "-c", command], {
      cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let printed = "";
    let stdout = "";
    const group = child.pid;
    if (group !== undefined) groups.add(group);
    const timer = setTimeout(() => {
      printed += `\nstopped after ${(timeout / 1000).toFixed(0)} s`;
      if (group !== undefined) endGroup(group);
    }, timeout);
    const ended = (): void => {
      clearTimeout(timer);
      if (group !== undefined) groups.delete(group);
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    child.on("error", (error) => {
      ended();
      resolve({ ok: false, printed: String(error), stdout });
    });
    child.on("close", (code) => {
      ended();
      resolve({ ok: code === 0, printed, stdout });
    });
  });
}

/** Whether a text is the one that a page shows, in which `...` represents any text. Spaces at the end of lines are ignored. */
export function matches(shown: string, printed: string): boolean {
  const tidy = (text: string): string => text.replace(/[ \t]+$/gm, "").trim();
  const parts = tidy(shown)
    .split("...")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\s\\S]*?")}$`).test(tidy(printed));
}

/** Runs the commands of a block; null if all of them succeeded and printed what the page shows. */
async function runBlock(block: CommandBlock, cwd: string, deadline: number): Promise<Omit<Failure, "step"> | null> {
  let printed = "";
  for (const command of block.commands) {
    const done = await runCommand(command, cwd, Math.max(0, Math.min(commandTimeout, deadline - Date.now())));
    if (!done.ok) return { kind: "command", message: `${command}\n${done.printed.trimEnd()}` };
    printed = done.stdout;
  }
  if (block.output === null || matches(block.output, printed)) return null;
  return { kind: "output", message: `${block.commands.at(-1)}\nprinted:\n${printed}\nexpected:\n${block.output}` };
}

/** Whether a step is skipped, because it needs nvcc and this machine has none. */
export const isSkipped = ({ block }: Step): boolean =>
  block.kind === "commands" && block.needsNvcc && !hasNvcc() && !isRequired("NVCC");

/** Does one step in a folder, until a time; null if it succeeded. */
async function doStep(step: Step, cwd: string, deadline: number): Promise<Failure | null> {
  if (step.block.kind === "commands") {
    const failure = await runBlock(step.block, cwd, deadline);
    return failure && { step, ...failure };
  }
  try {
    applyBlock(cwd, step.block);
    return null;
  } catch (error) {
    if (error instanceof AnchorError) return { step, kind: "anchor", message: error.message };
    throw error;
  }
}

/** The steps of a page as the options change them. */
function stepsOf(page: Page, { leaveOut, corrupt }: RunOptions): Step[] {
  return page.steps
    .filter(({ number }) => number !== leaveOut)
    .map((step): Step => {
      if (corrupt?.step !== step.number || step.block.kind !== "file") return step;
      const { from, to } = corrupt.change;
      return { ...step, block: { ...step.block, text: step.block.text.split(from).join(to) } };
    });
}

/**
 * Follows a page in a new scratch copy.
 *
 * @returns the first failure; null if everything succeeded
 * @throws Error if the page breaks the format
 */
export async function runPage(page: Page, options: RunOptions = {}): Promise<Failure | null> {
  if (page.problems.length > 0) throw new Error(`how-to: the page breaks the format\n${page.problems.join("\n")}`);
  const log = options.log ?? (() => undefined);
  const deadline = Date.now() + (options.timeout ?? Number.POSITIVE_INFINITY);
  cleanUpAtEnd();
  const scratch = mkdtempSync(join(tmpdir(), "wengert-how-to-"));
  if (!options.keep) copies.add(scratch);
  try {
    copyProject(scratch);
    for (const step of stepsOf(page, options)) {
      if (isSkipped(step)) {
        log(`${step.number}. ${step.title}: skipped, because nvcc was not found`);
        continue;
      }
      const start = Date.now();
      const failure = await doStep(step, scratch, deadline);
      const seconds = ((Date.now() - start) / 1000).toFixed(1);
      log(`${step.number}. ${step.title}: ${failure === null ? "done" : `FAILED (${failure.kind})`}, ${seconds} s`);
      if (failure !== null) return failure;
    }
    return null;
  } finally {
    if (options.keep) log(`kept: ${scratch}`);
    else {
      deleteFolder(scratch);
      copies.delete(scratch);
    }
  }
}
