/**
 * Finds the prose of a file: the text of pages, the strings of programs, the names of tests, and comments. Code is
 * masked, so that a phrase is found in prose only, and is found at its line. Used by english.test.ts.
 */
import { extname } from "node:path";
import ts from "typescript";

/** Where prose is: a Markdown page, a string of a program, the name of a test, or a comment. */
export type Kind = "page" | "message" | "test name" | "comment";

/**
 * One kind of prose of a file: its text, in which every other character except white space is the mask. It is as long as
 * the file and has the same lines.
 */
export interface Prose {
  readonly kind: Kind;
  readonly text: string;
}

/** In place of a character that is not prose. No phrase contains it, so no phrase continues across code. */
export const mask = "\0";

/** From and to, in characters of the file. */
type Span = readonly [from: number, to: number];

const hide = (text: string): string => text.replace(/\S/g, mask);

/** The text of the spans; everything else is masked. */
function only(text: string, spans: readonly Span[]): string {
  let [shown, at] = ["", 0];
  for (const [from, to] of [...spans].sort(([a], [b]) => a - b)) {
    shown += hide(text.slice(at, from)) + text.slice(from, to);
    at = to;
  }
  return shown + hide(text.slice(at));
}

/** Masks fenced blocks, indented blocks after an empty line, `code`, HTML comments and the targets of links. */
export function pageProse(text: string): string {
  const fences = /^([ \t]*)(```+|~~~+)[^\n]*\n[\s\S]*?^\1\2[^\n]*$/gm;
  const indented = /(?<=^|\n[ \t]*\n)(?: {4}|\t)[^\n]*(?:\n(?: {4}|\t)[^\n]*)*/g;
  return withoutCode(text.replace(fences, hide).replace(indented, hide))
    .replace(/<!--[\s\S]*?-->/g, hide)
    .replace(/(?<=\])\([^)\n]*\)/g, hide);
}

/**
 * Masks `code` in backquotes, which may continue on the next line. It cannot contain both text and the mask: a backquote
 * in one string does not belong to one in another.
 */
const withoutCode = (text: string): string =>
  text.replace(/(?<!`)(`+)(?!`)(?:[\0 ]+|(?:[^\n\0]|\n(?!\s*\n))+?)(?<!`)\1(?!`)/g, hide);

/** Masks the start of a block comment. Replaces the other marks of comments by spaces, also the stars of its lines. */
const unmarked = (comment: string): string =>
  comment
    .replace(/^\/\*+/, hide)
    .replace(/^(?:\/\/+|#+!?)|\*+\/$/g, (marks) => " ".repeat(marks.length))
    .replace(/(?<=\n[ \t]*)\*/g, " ");

/** A comment without its marks, its `code`, and its fenced examples, of which the lines begin with the marks. */
const commentProse = (comment: string): string =>
  withoutCode(unmarked(comment).replace(/```[\s\S]*?```/g, hide)).replace(/^\s*@\w+|\{@\w+/gm, hide);

/** Functions whose first argument is the name of a test. */
const namers = /^(?:test|describe|it)\b/;

/** The literals that name a test: those of the first argument of `test("...")`, also of `test.each(...)("...")`. */
function namesTest(node: ts.Node): boolean {
  let [inner, outer] = [node, node.parent];
  while (ts.isBinaryExpression(outer) || ts.isTemplateExpression(outer) || ts.isTemplateSpan(outer))
    [inner, outer] = [outer, outer.parent];
  return ts.isCallExpression(outer) && outer.arguments[0] === inner && namers.test(outer.expression.getText());
}

/** The comments and string literals of a TypeScript or JavaScript file. */
function scriptSpans(path: string, text: string): Record<"comment" | "message" | "test name", Span[]> {
  const spans: ReturnType<typeof scriptSpans> = { comment: [], message: [], "test name": [] };
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    if (children.length > 0) {
      for (const child of children) visit(child);
      return;
    }
    const start = node.getStart(source);
    // Only white space and comments precede a token.
    for (const { 0: comment, index } of text.slice(node.pos, start).matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g))
      spans.comment.push([node.pos + index, node.pos + index + comment.length]);
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      spans[namesTest(node) ? "test name" : "message"].push([start + 1, node.end - 1]);
  };
  visit(source);
  return spans;
}

/** The comments and strings of C++ and CUDA sources. */
const cTokens =
  /(?<comment>\/\*[\s\S]*?\*\/|\/\/[^\n]*)|R"\((?<raw>[\s\S]*?)\)"|"(?<string>(?:[^"\\\n]|\\.)*)"|'(?:[^'\\\n]|\\.)+'/g;

/** The comments and strings of shell, Python, CMake and YAML files. */
const hashTokens =
  /(?<comment>(?<=^|\s)#[^\n]*)|"""(?<raw>[\s\S]*?)"""|"(?<string>(?:[^"\\]|\\[\s\S])*)"|'(?<single>[^'\n]*)'/g;

/** The endings of the files that `hashTokens` reads. The script .ci/run has none. */
const hashEndings = [".sh", ".py", ".cmake", ".txt", ".yml", ""];

/** The comments and strings that a pattern with named groups finds. */
function tokenSpans(text: string, tokens: RegExp): Record<"comment" | "message", Span[]> {
  const spans: ReturnType<typeof tokenSpans> = { comment: [], message: [] };
  for (const { 0: token, index, groups } of text.matchAll(tokens))
    if (groups?.comment !== undefined) spans.comment.push([index, index + token.length]);
    else if (token.startsWith('"""')) spans.comment.push([index + 3, index + token.length - 3]);
    else spans.message.push([index, index + token.length]);
  return spans;
}

/** The comments of a file, masked around, with the marks of consecutive comments replaced by spaces. */
const commentsOf = (text: string, spans: readonly Span[]): string => {
  let [shown, at] = ["", 0];
  for (const [from, to] of spans) {
    shown += hide(text.slice(at, from)) + commentProse(text.slice(from, to));
    at = to;
  }
  return shown + hide(text.slice(at));
};

/** All prose of a file, by the ending of its name. */
export function proseOf(path: string, text: string): Prose[] {
  const ending = extname(path);
  if (ending === ".md") return [{ kind: "page", text: pageProse(text) }];
  if ([".ts", ".mjs", ".cjs", ".js"].includes(ending)) {
    const spans = scriptSpans(path, text);
    const strings = (["message", "test name"] as const).map((kind) => ({
      kind,
      text: withoutCode(only(text, spans[kind])),
    }));
    return [...strings, { kind: "comment", text: commentsOf(text, spans.comment) }];
  }
  const spans = tokenSpans(text, hashEndings.includes(ending) ? hashTokens : cTokens);
  return [
    { kind: "message", text: only(text, spans.message) },
    { kind: "comment", text: commentsOf(text, spans.comment) },
  ];
}
