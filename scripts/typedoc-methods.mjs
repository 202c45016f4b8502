/**
 * A plugin for typedoc, named in typedoc.json: it shows the op methods of Tensor as methods. They come from OpMethods in
 * src/ops/methods.ts, a mapped type over the op functions, and typedoc alone shows each as a property of type
 * `(...rest: [b: Tensor]) => Tensor`. Here a method gets the parameters of its function after the first, which is the
 * tensor itself, and the function's documentation. Documentation is written at the op functions, never here.
 */
import { Converter, ParameterReflection, ReflectionFlag, ReflectionKind, SignatureReflection } from "typedoc";

/** `file:line` of a declaration. A property of OpMethods is declared by its function, so the two are equal. */
const placeOf = ({ sources }) => `${sources?.[0].fullFileName}:${sources?.[0].line}`;

/** The names of the parameters in the type that typedoc found: `["b"]` for `(...rest: [b: Tensor]) => Tensor`. */
function namesIn(type) {
  const [rest] = type?.declaration?.signatures?.[0].parameters ?? [];
  // The last element can be a rest parameter: `[a: Tensor, ...more: Tensor[]]`.
  const elements = rest?.type?.elements?.map((element) => element.elementType ?? element);
  return (elements ?? (rest ? [rest] : [])).map(({ name }) => name);
}

/** The function's documentation, without the `@param` of the first parameter. The last paragraph names this parameter. */
function documentationOf({ comment, parameters: [self] }) {
  const documentation = comment.clone();
  const tag = documentation.getIdentifiedTag(self.name, "@param");
  documentation.blockTags = documentation.blockTags.filter((other) => other !== tag);
  documentation.summary.push({ kind: "text", text: "\n\n" }, { kind: "code", text: `\`${self.name}\`` });
  documentation.summary.push({ kind: "text", text: tag ? " is this tensor: " : " is this tensor." });
  if (tag) documentation.summary.push(...tag.content);
  return documentation;
}

/** Turns a property into a method with the parameters, the result and the documentation of a function. */
function makeMethod(project, property, source) {
  project.removeTypeReflections(property.type);
  for (const field of ["type", "comment", "defaultValue"]) delete property[field];
  property.kind = ReflectionKind.Method;

  const signature = new SignatureReflection(property.name, ReflectionKind.CallSignature, property);
  property.signatures = [signature];
  project.registerReflection(signature, undefined, undefined);
  signature.type = source.type;
  signature.sources = property.sources;
  signature.comment = documentationOf(source);
  signature.parameters = source.parameters.slice(1).map((original) => {
    const parameter = new ParameterReflection(original.name, ReflectionKind.Parameter, signature);
    project.registerReflection(parameter, undefined, undefined);
    parameter.type = original.type;
    parameter.defaultValue = original.defaultValue;
    for (const flag of [ReflectionFlag.Optional, ReflectionFlag.Rest])
      parameter.setFlag(flag, original.flags.hasFlag(flag));
    return parameter;
  });
}

/** Why a function cannot document the method that typedoc found for it; null if it can. */
function problemOf(property, source) {
  if (!source) return "its op function is not exported";
  if (source.parent.signatures.length > 1)
    return "its op function has overloads, but a mapped type keeps only the last one";
  const names = source.parameters.slice(1).map(({ name }) => name);
  if (names.includes("__namedParameters")) return "a parameter of its op function is a pattern and has no name";
  const found = namesIn(property.type);
  if (String(found) !== String(names)) return `its parameters are (${found}), but its function has (${names})`;
  return source.comment?.summary.length ? null : "its op function has no documentation";
}

/** Called by typedoc. A method that cannot be shown is an error, which ends `npm run docs`. */
export function load(app) {
  const show = ({ project }) => {
    const functions = project.getReflectionsByKind(ReflectionKind.Function);
    const places = new Map(functions.map((one) => [placeOf(one), one.signatures?.[0]]));
    // Besides the op methods, typedoc counts the constructor of Tensor as inherited.
    const inherited = Object.values(project.reflections).filter((one) =>
      one.inheritedFrom?.name.startsWith("OpMethods."),
    );
    const properties = inherited.filter((one) => one.kindOf(ReflectionKind.Property));
    if (properties.length === 0)
      app.logger.error("typedoc-methods: there is no class with op methods of the type OpMethods");
    for (const property of properties) {
      const source = places.get(placeOf(property));
      const problem = problemOf(property, source);
      if (problem) app.logger.error(`typedoc-methods: ${property.getFullName()}: ${problem}`);
      else makeMethod(project, property, source);
      // OpMethods is not exported, so it has no page to link to.
      const { parent } = property;
      parent.extendedTypes = parent.extendedTypes?.filter(({ name }) => name !== "OpMethods");
    }
    for (const one of inherited) {
      delete one.inheritedFrom;
      one.setFlag(ReflectionFlag.Inherited, false);
    }
  };
  // Before typedoc's own steps, which move each `@param` to its parameter and warn about tags without a parameter.
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, show, 100);
}
