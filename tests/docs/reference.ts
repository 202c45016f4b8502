/**
 * Makes the reference of a program with typedoc, without writing it. Used by the tests of `npm run docs` and of its plugin
 * scripts/typedoc-methods.mjs.
 */
import { fileURLToPath } from "node:url";
import {
  Application,
  Comment,
  type DeclarationReflection,
  Logger,
  LogLevel,
  type ParameterReflection,
  type ProjectReflection,
  ReflectionKind,
  type SignatureReflection,
  TSConfigReader,
  TypeDocReader,
} from "typedoc";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Keeps errors and warnings instead of printing them. */
class Messages extends Logger {
  readonly kept: string[] = [];
  override log(message: string, level: LogLevel): void {
    if (level >= LogLevel.Warn) this.kept.push(message);
  }
}

/** The reference of a program. */
export interface Reference {
  /** The members of the class Tensor, by name. */
  readonly members: ReadonlyMap<string, DeclarationReflection>;
  /** The functions, by the location of their declaration. */
  readonly functions: ReadonlyMap<string, DeclarationReflection>;
  /** Errors and warnings. */
  readonly messages: readonly string[];
}

/** Makes the reference and checks its links, as `npm run docs` does. `options` is the path of a typedoc.json. */
export async function reference(options: string): Promise<Reference> {
  const app = await Application.bootstrapWithPlugins({ options, logLevel: "Warn" }, [
    new TypeDocReader(),
    new TSConfigReader(),
  ]);
  const messages = new Messages();
  app.logger = messages;
  const project = await app.convert();
  if (!project) throw new Error(`typedoc read nothing: ${messages.kept.join("\n")}`);
  app.validate(project);
  const functions = declarations(project, ReflectionKind.Function).map((one) => [placeOf(one), one] as const);
  const tensor = declarations(project, ReflectionKind.Class).find(({ name }) => name === "Tensor");
  const members = tensor?.children?.map((member) => [member.name, member] as const);
  return { members: new Map(members), functions: new Map(functions), messages: messages.kept };
}

const declarations = (project: ProjectReflection, kind: ReflectionKind): DeclarationReflection[] =>
  project.getReflectionsByKind(kind) as DeclarationReflection[];

/** `file:line` of a declaration. */
export const placeOf = ({ sources }: DeclarationReflection): string => `${sources?.[0].fileName}:${sources?.[0].line}`;

/** The text of a comment before its tags. */
export const summaryOf = (comment: Comment | undefined): string => Comment.combineDisplayParts(comment?.summary);

/** The one signature of a function or method. */
export function signatureOf(declaration: DeclarationReflection | undefined): SignatureReflection {
  const { name, signatures = [] } = declaration ?? {};
  if (signatures.length !== 1) throw new Error(`${name} has ${signatures.length} signatures, not one`);
  return signatures[0];
}

/** A parameter as in a declaration: `...name?: type = default`. */
export function show({ name, flags, type, defaultValue }: ParameterReflection): string {
  const end = defaultValue === undefined ? "" : ` = ${defaultValue}`;
  return `${flags.isRest ? "..." : ""}${name}${flags.isOptional ? "?" : ""}: ${type}${end}`;
}
