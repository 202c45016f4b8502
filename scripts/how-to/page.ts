/**
 * Reads a page of docs/how-to as a list of steps, and reports each way in which it breaks the format, which
 * docs/how-to/README.md describes. This file runs nothing; run.ts does.
 */
import { blockOf, type CommandBlock, type FileBlock, readInfo } from "./blocks.js";
import { type Fence, fencesIn, type Line } from "./fences.js";

/** A numbered section of a page. It has one block that is executed. */
export interface Step {
  readonly number: number;
  readonly title: string;
  /** `docs/how-to/layer.md:12`, the line of the block. */
  readonly place: string;
  readonly block: FileBlock | CommandBlock;
}

/** A page and its violations of the format, as `path:line: problem`. A page with problems is not run. */
export interface Page {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly problems: readonly string[];
}

/** The text of the paragraph that ends before a line, on one line; empty if a heading, a comment or a block is there. */
function paragraphBefore(lines: readonly Line[], end: number): string {
  let last = end - 1;
  while (last >= 0 && lines[last].text.trim() === "") last--;
  const words: string[] = [];
  for (; last >= 0 && lines[last].fence === null && lines[last].text.trim() !== ""; last--)
    words.unshift(lines[last].text.trim());
  const paragraph = words.join(" ");
  return /^(#|<!--)/.test(paragraph) ? "" : paragraph;
}

/** Fences that are not read as blocks: those of tildes, of four backquotes, or with spaces before them. */
const strangeFence = /^ *~~~|^ +```|^````/;

const breakComment = /^<!-- break: `(.+)` to `(.*)` -->$/;

/** Reads one page, line by line. */
class Reader {
  readonly steps: Step[] = [];
  readonly problems: string[] = [];
  readonly #path: string;
  readonly #lines: readonly Line[];
  /** The line that is read. */
  #line = 0;
  /** The numbered section that is read, with the line of its heading. */
  #section: { readonly number: number; readonly title: string; readonly line: number } | null = null;
  #numbered = 0;
  /** Whether the last block was an illustration. An output after it belongs to it, and is not compared here. */
  #illustrated = false;

  constructor(path: string, lines: readonly Line[]) {
    this.#path = path;
    this.#lines = lines;
  }

  read(fences: readonly Fence[]): void {
    for (const { text, fence } of this.#lines) {
      if (fence === null) this.#readText(text);
      else if (fences[fence].start === this.#line) this.#readFence(fences[fence]);
      this.#line++;
    }
    this.#endSection();
    const final = this.#last?.block;
    if (final?.kind !== "commands" || !final.check) this.problems.push(`${this.#path}: the last step is not a check`);
  }

  get #last(): Step | undefined {
    return this.steps.at(-1);
  }

  #replaceLast(block: Step["block"]): void {
    this.steps.push({ ...(this.steps.pop() as Step), block });
  }

  #report(problem: string, line = this.#line): void {
    this.problems.push(`${this.#path}:${line + 1}: ${problem}`);
  }

  #endSection(): void {
    const section = this.#section;
    if (section !== null && this.#last?.number !== section.number)
      this.#report("the step has no block to execute", section.line);
  }

  #readText(text: string): void {
    const heading = /^##+ (.*)$/.exec(text);
    if (heading) this.#readHeading(heading[1]);
    if (strangeFence.test(text)) this.#report("a block must begin with ``` at the start of a line");
    if (/<!--\s*break/i.test(text)) this.#readBreak(breakComment.exec(text.trimEnd()));
  }

  #readHeading(text: string): void {
    this.#endSection();
    const found = /^(\d+)\. (.*)$/.exec(text);
    this.#section = found ? { number: Number(found[1]), title: found[2], line: this.#line } : null;
    if (found && Number(found[1]) !== ++this.#numbered)
      this.#report(`step ${found[1]} should be step ${this.#numbered}`);
  }

  #readBreak(found: RegExpExecArray | null): void {
    const [, from = "", to = ""] = found ?? [];
    const block = this.#last?.block;
    if (found === null) this.#report("a break comment must be written as <!-- break: `from` to `to` -->");
    else if (block?.kind !== "file") this.#report("a break comment must follow a file block");
    else if (block.text.split(from).length !== 2) this.#report(`the block does not have \`${from}\` exactly once`);
    else this.#replaceLast({ ...block, corruptions: [...block.corruptions, { from, to }] });
  }

  #readFence(fence: Fence): void {
    const info = readInfo(fence.info);
    if (info.words.includes("output")) {
      if (fence.info !== "text output") this.#report(`an output block must be ${"```"}text output, got ${fence.info}`);
      this.#readOutput(fence.text);
      return;
    }
    const block = blockOf(info, fence.text, (problem) => this.#report(problem));
    this.#illustrated = block === null;
    if (block === null) return;
    const section = this.#section;
    if (section === null) {
      this.#report("a block to execute belongs in a numbered section: ## 1. Title");
      return;
    }
    if (this.#last?.number === section.number) this.#report(`step ${section.number} has a second block to execute`);
    this.#checkParagraph(paragraphBefore(this.#lines, this.#line), block);
    this.steps.push({ ...section, place: `${this.#path}:${this.#line + 1}`, block });
  }

  #readOutput(text: string): void {
    if (this.#illustrated) return;
    const block = this.#last?.block;
    if (block?.kind !== "commands" || block.output !== null)
      this.#report("an output block must follow a command block");
    else this.#replaceLast({ ...block, output: text });
  }

  /** The paragraph gives the reader the same instruction as the block gives the test. */
  #checkParagraph(paragraph: string, block: FileBlock | CommandBlock): void {
    if (paragraph === "") this.#report("a paragraph that says what to do must be directly before the block");
    if (block.kind === "commands") return;
    const { path, edit } = block;
    const quotes = (text: string): boolean => paragraph.includes(`\`${text.trim()}\``);
    if (!quotes(path)) this.#report(`the paragraph before the block does not name \`${path}\``);
    if (edit.kind !== "append" && !quotes(edit.anchor))
      this.#report(`the paragraph before the block does not quote \`${edit.anchor.trim()}\``);
  }
}

/**
 * Reads the text of a page.
 *
 * @param name - the name of the file in docs/how-to without `.md`
 */
export function readPage(name: string, text: string): Page {
  const { lines, fences } = fencesIn(text);
  const reader = new Reader(`docs/how-to/${name}.md`, lines);
  reader.read(fences);
  return { name, steps: reader.steps, problems: reader.problems };
}
