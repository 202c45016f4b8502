/**
 * Finds what the package exports without documentation. It asks the TypeScript compiler, so it sees what an editor shows
 * on hover. Called by documentation.test.ts.
 *
 * A comment is needed on:
 * - every export of an entry point, and every export of a namespace among them (`schedules`);
 * - every public or protected member of an exported class, interface or object type, inherited ones included. A member
 *   that overrides a documented one may leave its comment to that one, as editors do;
 * - every member of an exported constant that is an object literal;
 * - a constructor, unless it takes nothing or a single options object. Tags are enough here (`@param`, `@throws`): the
 *   class has the text.
 *
 * A `forward` method needs its own comment, with the shapes under `@param` and `@returns`.
 *
 * No comment is needed on private and `@internal` members, on members named by a symbol of the language
 * (`[Symbol.dispose]`), on the fields of types that are written inside another one, and on declarations of a library.
 */
import ts from "typescript";

/** Members of a type or a namespace, and their owner in messages. */
interface Place {
  readonly owner: string;
  readonly symbol: ts.Symbol;
}

/** Everything without documentation, as `file:line: Class.member`. */
export function undocumented(program: ts.Program, entries: readonly string[]): string[] {
  const checker = program.getTypeChecker();
  const missing = new Set<string>();
  const seen = new Set<ts.Symbol | ts.Declaration>();

  const visitExports = (module: ts.Symbol, prefix: string): void => {
    for (const exported of checker.getExportsOfModule(module)) visit(exported, prefix + exported.name);
  };

  const visit = (exported: ts.Symbol, name: string): void => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    if (seen.has(symbol) || !isOwn(symbol) || isInternal(symbol, checker)) return;
    seen.add(symbol);
    if (symbol.flags & ts.SymbolFlags.ValueModule) {
      visitExports(symbol, `${name}.`);
      return;
    }
    if (!hasText(symbol, checker)) report({ owner: "", symbol }, name);
    for (const member of membersOf(symbol, checker)) visitMember({ owner: name, symbol: member });
    for (const node of constructorsOf(symbol))
      if (needsComment(node) && ts.getJSDocCommentsAndTags(node).length === 0)
        missing.add(`${placeOf(node)}: new ${name}`);
  };

  const visitMember = (place: Place): void => {
    const { symbol, owner } = place;
    // A member that several classes inherit is a symbol of each, with one declaration.
    const [declaration] = declarationsOf(symbol);
    if (seen.has(declaration) || !isOwn(symbol) || isHidden(symbol) || isInternal(symbol, checker)) return;
    seen.add(declaration);
    if (!hasText(symbol, checker)) report(place, `${owner}.${symbol.name}`);
    else if (isLayerForward(declaration) && !saysShapes(declaration)) report(place, `${owner}.forward says no shapes`);
  };

  const report = ({ symbol }: Place, name: string): void => {
    missing.add(`${placeOf(declarationsOf(symbol)[0])}: ${name}`);
  };

  for (const path of entries) {
    const source = program.getSourceFile(path);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${path} is not a module of the program`);
    visitExports(module, "");
  }
  return [...missing].sort();
}

/** Whether it is the `forward` method of a class, with a body. */
const isLayerForward = (node: ts.Declaration): boolean =>
  ts.isMethodDeclaration(node) && node.name.getText() === "forward" && node.body !== undefined;

/** Whether a tag gives a shape, such as (N, C), mentions one, or says that the output is the input itself. */
const hasShape = ({ comment }: ts.JSDocTag): boolean => /\(|shape|itself/.test(ts.getTextOfJSDocComment(comment) ?? "");

/** Whether the comment of the method itself has tags for the input and the output: they contain the shapes. */
const saysShapes = (node: ts.Node): boolean =>
  ts.getJSDocTags(node).filter(ts.isJSDocParameterTag).some(hasShape) &&
  ts.getJSDocTags(node).filter(ts.isJSDocReturnTag).some(hasShape);

const declarationsOf = (symbol: ts.Symbol): readonly ts.Declaration[] => symbol.declarations ?? [];

/** Whether the project declares it, not a library. */
const isOwn = (symbol: ts.Symbol): boolean =>
  declarationsOf(symbol).some((declaration) => !declaration.getSourceFile().isDeclarationFile);

const isInternal = (symbol: ts.Symbol, checker: ts.TypeChecker): boolean =>
  symbol.getJsDocTags(checker).some(({ name }) => name === "internal");

/** Private, with `#` or the keyword, or named by a symbol of the language: `[Symbol.dispose]`. */
const isHidden = (symbol: ts.Symbol): boolean =>
  declarationsOf(symbol).every((declaration) => {
    const name = ts.getNameOfDeclaration(declaration);
    const isPrivate = (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0;
    return isPrivate || (name !== undefined && (ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name)));
  });

/** Whether there is a comment with text. The comment at the start of a file is the header of the file. */
function hasText(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  return text !== "" && !declarationsOf(symbol).some(hasOnlyHeader);
}

function hasOnlyHeader(declaration: ts.Declaration): boolean {
  const comments = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc);
  const source = declaration.getSourceFile();
  const start = ts.getShebang(source.text)?.length ?? 0;
  return comments.length === 1 && source.text.slice(start, comments[0].pos).trim() === "";
}

/** The members that users of an export see: of its instances, of the class itself, of an object literal. */
function membersOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol[] {
  const members: ts.Symbol[] = [];
  if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
    members.push(...checker.getDeclaredTypeOfSymbol(symbol).getProperties());
  if (symbol.flags & ts.SymbolFlags.Class)
    members.push(
      ...checker
        .getTypeOfSymbol(symbol)
        .getProperties()
        .filter(({ name }) => name !== "prototype"),
    );
  for (const declaration of declarationsOf(symbol)) {
    if (ts.isTypeAliasDeclaration(declaration)) members.push(...literalMembers(declaration.type, checker));
    if (ts.isVariableDeclaration(declaration) && isObjectLiteral(declaration.initializer))
      members.push(...checker.getTypeAtLocation(declaration).getProperties());
  }
  return members;
}

/** The members that a type alias writes out: `{ a: number }`, alone or as a part of a union or an intersection. */
function literalMembers(node: ts.TypeNode, checker: ts.TypeChecker): ts.Symbol[] {
  if (ts.isTypeLiteralNode(node)) return checker.getTypeAtLocation(node).getProperties();
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node))
    return node.types.flatMap((part) => literalMembers(part, checker));
  return [];
}

function isObjectLiteral(node: ts.Expression | undefined): boolean {
  if (node && (ts.isAsExpression(node) || ts.isSatisfiesExpression(node))) return isObjectLiteral(node.expression);
  return node !== undefined && ts.isObjectLiteralExpression(node);
}

const constructorsOf = (symbol: ts.Symbol): ts.ConstructorDeclaration[] =>
  declarationsOf(symbol)
    .filter(ts.isClassDeclaration)
    .flatMap(({ members }) => members.filter(ts.isConstructorDeclaration))
    .filter((node) => (ts.getCombinedModifierFlags(node) & ts.ModifierFlags.Private) === 0);

/** Whether a constructor takes more than a single options object, whose fields have their own comments. */
const needsComment = ({ parameters }: ts.ConstructorDeclaration): boolean =>
  parameters.length > 1 || parameters.some(({ name, type }) => !(ts.isObjectBindingPattern(name) || isOptions(type)));

const isOptions = (type: ts.TypeNode | undefined): boolean =>
  type !== undefined && ts.isTypeReferenceNode(type) && /Options$/.test(type.typeName.getText());

function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
