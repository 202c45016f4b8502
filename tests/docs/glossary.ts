/**
 * The phrases that the project's prose avoids, each with the words to use instead. Most read as translated or as literary,
 * and a few have a plainer word. english.test.ts looks for them and tests every row with its two sentences.
 */

/** A phrase to avoid. */
export interface Phrase {
  /** A regular expression. A space matches any white space inside a paragraph. */
  readonly pattern: string;
  /** The words to use instead. */
  readonly instead: string;
  /** A sentence with the phrase. */
  readonly wrong: string;
  /** A sentence without it, as close to the other one as possible: often ordinary English that the pattern must allow. */
  readonly right: string;
}

const be = "(?:is|are|was|were|be|been)";

/** Comes before the first word of a text, string, comment, paragraph, item of a list or sentence. */
const start = "(?<=^|[\\0\"']\\s*|\\n[\\t\\x20]*\\r?\\n\\s*|[-*] |[.;:!?] )";

/** As `start`, but not the start of a comment, of which the title may be a clause, such as `What a test needs`. */
const sentenceStart = start.replace("\\s*|", "|");

/** Comparatives that may follow `is no`. Other words that end in -er are nouns, such as `layer`. */
const comparatives =
  "(?:longer|shorter|more|less|fewer|better|worse|larger|smaller|bigger|greater|faster|slower|wider|narrower|higher|lower|later|earlier|sooner|older|newer|closer|nearer|further|cheaper|deeper|easier|simpler)";

/** Nouns of which `is to` with a verb is correct, as in `the first step is to sum them`. */
const plans =
  "(?:step|way|aim|goal|idea|task|job|purpose|plan|rule|alternative|option|solution|method|point|fix|remedy)s?";

/** Words that do not continue `of its own` to a noun, as in `of its own size`. */
const functionWords =
  "(?:and|or|that|which|who|is|are|was|were|has|have|in|on|at|to|for|by|with|from|as|must|may|can|also|then|too|only|again|never|still)";

/** Written as: pattern, instead, wrong, right. */
const rows: readonly (readonly [pattern: string, instead: string, wrong: string, right: string])[] = [
  // The glossary of words.
  [
    `(?<!\\b[Tt]here )\\b${be} no (?!${comparatives}\\b)`,
    "is not a",
    "module 2 is no layer",
    "There is no driver, and it is no wider than a line.",
  ],
  [
    "\\b[Nn]one of\\b",
    "not one of, or no",
    "None of the inputs has a gradient.",
    "If there are none, of course it is 0.",
  ],
  [
    `(?<!\\b[Tt]here )\\b${be} none\\b`,
    "is not one, or name what is wrong",
    "Refuses sizes that are none.",
    "Throws if there are none.",
  ],
  ["\\b[Ww]anted\\b", "needed, or requested", "the wanted variables", "the needed variables"],
  ["\\b(?:anew|afresh)\\b", "again", "It is written anew.", "It is written again."],
  [
    "\\b[Oo]ther than (?:in|on|at|for)\\b",
    "unlike",
    "Here, other than in PyTorch, it is true.",
    "Unlike in PyTorch, it is true for masks other than the first.",
  ],
  [
    "\\b[Ss]t(?:ands|and|ood|anding)\\b(?! in for\\b| alone\\b|-)",
    "is at, is in, or represents",
    "a value stands twice in the list",
    "a script that stands in for Node, and other stand-ins",
  ],
  [`\\b${be} without\\b`, "lacks, or runs out of", "The device is without memory.", "It runs without memory."],
  [
    "\\b(?:has|have|had|come|comes|came)(?: to)? an end\\b|\\ban end it\\b",
    "ends",
    "The run has an end.",
    "The run has an ending bracket.",
  ],
  [
    "(?<!, )\\b[Bb]ut that (?:of|the|a|an|it|they|large)\\b",
    "except",
    "all axes but that of the channels",
    "It says that the loop is fast, but that the launch is slow.",
  ],
  ["\\b[Bb]ut for\\b", "except for", "Everything but for the launch is timed.", "everything except for the launch"],
  ["\\b[Ee]very single\\b", "each", "every single file", "every file, and a single folder"],
  ["\\b[Ww]here so\\b", "if so", "Where so, it is skipped.", "If so, it is skipped."],
  [
    `\\bof (?:its|their|one's|your|our|my|his) own\\b(?! (?!${functionWords}\\b)\\w)`,
    "its own ..., a separate ..., or on its own",
    "It runs in a process of its own also on the GPU.",
    "It is limited by the size of its own device.",
  ],
  ["\\b[Aa]sked by\\b", "called by", "asked by the tape", "asked for by name"],
  ["\\b[Mm]end(?:s|ed|ing)?\\b", "fix", "This mends a leak.", "Tests recommend amendments."],
  [
    "(?<!\\b(?:[Pp]age|[Ss]egmentation|[Bb]us) )\\b[Ff]aults? in\\b|\\bat fault\\b",
    "bug, or error",
    "a fault in the kernel",
    "a page fault in the kernel",
  ],
  ["\\bat hand\\b", "available, or current", "the element at hand", "code written by hand"],
  ["\\bsa(?:y|ys|id|ying) so\\b", "report it, or request it", "If it fails, it says so.", "It says something else."],
  ["\\bin the place of\\b", "instead of", "in the place of weights", "in place, and the place of the error"],
  [
    "\\b(?:the|a|one|each|every|which|this|that|public) (?:room|door)s?\\b(?! (?:that (?:is|remains)|for|to|left)\\b)",
    "folder, or public function",
    "each room has a header",
    "There is room for all lists, and the room that is left is filled.",
  ],
  [
    "\\b[Oo]ut of the way of\\b|\\b[Tt]hose (?:ahead|who come)\\b",
    "name the things",
    "Those ahead go first.",
    "those who study it, with no detour out of the way",
  ],
  [
    `\\b${be} no more(?=[.,;:])`,
    "has been freed, or ends",
    "The bands are no more, or what is between them.",
    "There are no more of them, and they are no more exact.",
  ],
  // Archaic and literary words.
  [
    "\\b(?:[Hh]ence|[Tt]hus|[Tt]hereof|[Tt]hereby|[Ww]hereby|[Ww]herein|[Hh]ereby|[Hh]erein|[Tt]herein|[Ll]est|[Ww]hilst|[Aa]mongst|[Uu]pon)\\b",
    "so, by this, in which, while, among, or on",
    "Rows are short, hence the limit.",
    "Rows are short, so the limit is low.",
  ],
  [
    "\\b(?:[Tt]hence|[Ww]hence|[Hh]itherto|[Hh]enceforth|[Ff]orthwith|[Aa]lbeit|[Ii]nasmuch|[Uu]nto|[Nn]aught|[Nn]ought|[Aa]midst?|[Tt]hereto|[Tt]herewith|[Ee]rstwhile|[Ss]hall)\\b",
    "a word of today: from there, until now, although, must",
    "The run shall end.",
    "The run must end at the shallow layer.",
  ],
  ["\\b[Ww]hatever\\b", "regardless of, any, or everything that", "whatever the dtype", "regardless of the dtype"],
  ["\\b(?:[Ss]till|[Yy]et) to come\\b|\\b[Aa]s yet\\b", "not yet", "a kernel that is still to come", "still not there"],
  ["\\b[Mm]any an? ", "many", "many a kernel", "many kernels, and how many as well"],
  [
    "\\b(?:[Ww]hoever|[Ww]ithout a word|gone on)\\b",
    "name the person or program, silently, or continued",
    "The error is thrown without a word.",
    "The page has gone online without a headline.",
  ],
  [
    "\\b(?:[Ss]uch as (?:it|they) (?:is|are)|[Aa]s it were|be it|for want of|must needs)\\b",
    "leave it out",
    "It is kept such as it is.",
    "It is kept as it is.",
  ],
  ["\\bthat (?:it|they|this|there) be\\b", "so that it is", "so that it be freed", "so that it can be freed"],
  ["\\b(?:formerly|used to be)\\b", "describe the present", "It used to be a list.", "It is used to begin a list."],
  // Conditions.
  [
    "\\b[Ww]here there (?:is|are|was|were)\\b",
    "if there is",
    "null where there is no file",
    "null if there is no file",
  ],
  [
    "\\bwhere (?:it|they) (?:is|are) (?:not|given|set)\\b",
    "if it is not",
    "undefined where it is not given",
    "The page says where it is used.",
  ],
  [
    `${sentenceStart}Where [^.?!:]{3,90}?, `,
    "If, or when",
    "It is fast. Where the targets do not vary, it is 1.",
    "It is fast. Where is it used?",
  ],
  // Sentences with an unusual order, or without a subject.
  [
    `${sentenceStart}What [^?.]*\\.`,
    "name the thing",
    "It is kept. What was recorded before has no gradient.",
    "It is kept. What was recorded before?",
  ],
  [
    `${start}What (?:\\w+s|cannot|can|do) [^.?,:;]* (?:lies?|stays?|goes|go|remains?|must|cannot|may|gets|becomes|(?:is|are) (?:not )?\\w+ed)\\b`,
    "name the thing",
    "What changes in a step lies on the device",
    "What a step is asked for",
  ],
  [
    `${start}(?:Nor|Neither|Never|Nowhere|Seldom|Rarely|No sooner|Only then|Only there|Only here|Only now|Not until then|So|Such) (?:is|are|does|do|did|has|have|can|may|must|will|were|was)\\b`,
    "subject first, then the verb",
    "It is asked again. Only then is there an error.",
    "It is asked again. An error is thrown only then.",
  ],
  [
    ", nor (?:is|are|was|were|does|do|did|has|have|can|will|should|must)\\b",
    "and it is not",
    "It is not freed, nor is it kept.",
    "It neither exists nor is created.",
  ],
  [
    `${start}(?:There|Here|Then|Next|Inside|Beside it|In it|To it|On it) (?:follows?|comes?|lies?|belongs?|stands?)\\b`,
    "subject first, then the verb",
    "It is read. Then follows the data.",
    "It is read. The data follow.",
  ],
  [
    `(?:(?<=[.,;:] )(?:[Ww]ere|[Hh]ad|[Ss]hould)|${start}(?:Were|Had|Should)) (?:it|they|there|the \\w+|a \\w+) (?:not |to )?\\w+(?![^.]*\\?)`,
    "if it were, if it had, if it",
    "It waits. Should it fail, it is run again.",
    "It waits. If it should fail, it is run again.",
  ],
  [
    `(?<!\\b${plans} )\\b${be} (?:not )?to (?:be|end|take|go|come|stop|run|stay|keep|have)\\b`,
    "must, or can",
    "The run is to stop.",
    "The run needs to stop, and the first step is to take the mean.",
  ],
  [
    "\\bcom(?:es?|ing) to (?:have|be|hold)\\b",
    "gets, or has",
    "when parameters come to have steps",
    "when they come to a stop",
  ],
  [
    "\\bof which (?:nothing|none|not one)\\b",
    "that has no",
    "segments of which nothing is used",
    "segments of which one is used",
  ],
  [
    "\\b(?:do|does|did|done) without(?=[.,;:])",
    "does not use",
    "The last test does without.",
    "The last test does it without tiles.",
  ],
  [
    "\\bnothing of\\b",
    "does not use, or does not know",
    "It knows nothing of Node.",
    "Nothing else is used, of course.",
  ],
  [
    "(?<!(?:thing|where|one|body) )(?<!\\b(?:what|who|or|if) )\\belse(?=[.;])",
    "everything else, or other",
    "Attention comes before all else.",
    "Attention comes before everything else.",
  ],
];

/** All phrases. */
export const phrases: readonly Phrase[] = rows.map(([pattern, instead, wrong, right]) => ({
  pattern,
  instead,
  wrong,
  right,
}));

/** White space between two words of a paragraph: it continues over the end of a line, but not over an empty line. */
const gap = "(?:[ \\t]+|[ \\t]*\\r?\\n[ \\t]*)";

const compiled = phrases.map(({ pattern, instead }) => ({
  search: new RegExp(pattern.replaceAll(" ", gap), "g"),
  instead,
}));

/** A phrase that was found in a text. */
export interface Hit {
  readonly line: number;
  readonly phrase: string;
  readonly instead: string;
}

/** The phrases in a text, by line. */
export function hitsIn(text: string): Hit[] {
  const hits = compiled.flatMap(({ search, instead }) =>
    [...text.matchAll(search)].map(({ 0: found, index }) => ({
      line: text.slice(0, index + found.search(/\S/)).split("\n").length,
      phrase: found.trim().replace(/\s+/g, " "),
      instead,
    })),
  );
  return hits.sort((a, b) => a.line - b.line);
}
