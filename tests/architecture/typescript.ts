/**
 * The project as TypeScript sees it, for tests that ask the compiler or the language service. Files can be replaced in
 * memory, so that a test sees what the compiler says of a change without writing it.
 */
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const config = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);

/** A language service over the project's files, `roots`, with some texts replaced by path from the root. */
export function languageService(roots: readonly string[], replaced: ReadonlyMap<string, string>): ts.LanguageService {
  const texts = new Map([...replaced].map(([path, text]) => [`${root}/${path}`, text]));
  const versions = (path: string): string => (texts.has(path) ? `replaced: ${texts.get(path)}` : "0");
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => ({ ...options, incremental: false, tsBuildInfoFile: undefined }),
    getScriptFileNames: () => roots.map((path) => `${root}/${path}`),
    getScriptVersion: versions,
    getScriptSnapshot(path) {
      const text = texts.get(path) ?? ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => texts.has(path) || ts.sys.fileExists(path),
    readFile: (path) => texts.get(path) ?? ts.sys.readFile(path),
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
