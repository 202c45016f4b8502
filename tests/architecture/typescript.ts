/**
 * The project as TypeScript sees it, for tests that ask the compiler or the language service. Files can be replaced in
 * memory, so that a test learns the compiler's errors after a change without writing it.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const config = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);

/** Texts that replace those of files, by path from the root. A service reads the map again for each request. */
export type Replaced = ReadonlyMap<string, string>;

/** A short text that differs if the contents of a file differ. */
const versionOf = (text: string): string => createHash("sha1").update(text).digest("hex");

/** A language service over the files `roots` and all that they import. */
export function languageService(roots: readonly string[], replaced: Replaced): ts.LanguageService {
  const replacement = (path: string): string | undefined => replaced.get(path.slice(root.length + 1));
  const read = (path: string): string | undefined => replacement(path) ?? ts.sys.readFile(path);
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({ ...options, incremental: false, tsBuildInfoFile: undefined }),
    getScriptFileNames: () => roots.map((path) => `${root}/${path}`),
    getScriptVersion(path) {
      const text = replacement(path);
      return text === undefined ? "" : versionOf(text);
    },
    getScriptSnapshot(path) {
      const text = read(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => replacement(path) !== undefined || ts.sys.fileExists(path),
    readFile: read,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  return ts.createLanguageService(host, documents);
}

/** Parsed files, shared by all services. */
const documents = ts.createDocumentRegistry();

/** The errors that the compiler reports in a file, as text. */
export const errorsIn = (service: ts.LanguageService, path: string): string[] =>
  [...service.getSyntacticDiagnostics(`${root}/${path}`), ...service.getSemanticDiagnostics(`${root}/${path}`)].map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"),
  );
