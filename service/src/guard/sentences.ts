/** Code of an error answer → its status. An answer with another code, or another pair, is not one of ours. */
export const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map([
  ["invalid-input", 422],
  ["key-reused", 422],
  ["key-missing", 422],
  ["ticket-used", 409],
  ["email-taken", 409],
  ["no-session", 401],
  ["wrong-code", 401],
  ["not-found", 404],
  ["too-large", 413],
  ["unsupported-media-type", 415],
  ["busy", 503],
  ["waiting", 503],
  ["halted", 503],
  ["unavailable", 503],
  ["indeterminate", 503],
  ["bug", 500],
]);

/**
 * Every sentence that may stand as the detail of an error, `#` for a whole number. A database's own words, or a bug's
 * message with somebody's data in it, are none of these. A test compares the list with the sentences in the sources.
 */
const SENTENCES: ReadonlySet<string> = new Set([
  "There is nothing here.",
  "There is no such card.",
  "Please sign up first; there is no session.",
  "The member of this session is gone.",
  "This e-mail address is registered already.",
  "This idempotency key was used with other data. Send a new key.",
  "Idempotency-Key must have # to # characters.",
  "Send it as application/json, in UTF-8.",
  "Send it as it is, not compressed.",
  "The body cannot be read as JSON in UTF-8.",
  "The body broke off.",
  "The body has more than # bytes.",
  "This code is not valid, or not any more. Please ask for a new one.",
  "If this address is a member's, a code is on its way to it.",
  "Send an Idempotency-Key, a new random text for each person.",
  "Many people are signing up at this moment. Come back at the time told, with this ticket in the header Ticket and the same Idempotency-Key. Nothing was registered.",
  "Everybody who waits already fills the time there is. Nothing was registered; please come back later.",
  "You have hung up. Nothing was registered; please come back later.",
  "It took too long. Nothing was registered; please come back later.",
  "This ticket was used. Come without one.",
  "Your turn has just come. Nothing was registered; please come back later.",
  "Send the form as a browser does, in UTF-8.",
  "Send the key that is in the form.",
  "The form cannot be read.",
  "Too many people are reading at this moment. Please come back.",
  "Signing up is closed at this moment. Nothing was registered; please come back later.",
  "The outcome is not known. Try again with the same Idempotency-Key.",
  "The database cannot answer at this moment. Nothing was done; please come back.",
  "Something is broken on our side. It has been recorded.",
]);

const INVALID = "Please check: ";
const PLACES: ReadonlySet<string> = new Set([
  "body",
  "email",
  "name",
  "kana",
  "kanjiName",
  "sex",
  "birthDate",
  "postalCode",
  "address",
  "phone",
  "survey",
  "survey.#",
  "message",
  "code",
]);
const PROBLEMS: ReadonlySet<string> = new Set([
  "has fields that are not known",
  "is too long",
  "is missing or too short",
  "has the wrong form",
  "holds control characters",
  "is not an e-mail address",
  "is not a birth date",
  "is not a postal code",
  "is not a telephone number",
  "is missing or of the wrong kind",
]);

/** True for a detail that this service says, whoever asked. */
export function isKnownSentence(detail: string): boolean {
  // A sentence without numbers is found as it is; only the others pay for the replacing.
  if (SENTENCES.has(detail)) return true;
  const shape = withoutNumbers(detail);
  return SENTENCES.has(shape) || (shape.startsWith(INVALID) && isListOfProblems(shape));
}

/** Whole numbers of at most seven digits: a member number or a telephone number is left as it stands. */
function withoutNumbers(text: string): string {
  return text.replace(/\d+/g, (digits) => (digits.length <= 7 ? "#" : digits));
}

function isListOfProblems(shape: string): boolean {
  if (!shape.endsWith(".")) return false;
  return shape
    .slice(INVALID.length, -1)
    .split(/[;,] /)
    .every((item) => {
      if (PLACES.has(item)) return true;
      const space = item.indexOf(" ");
      return PLACES.has(item.slice(0, space)) && PROBLEMS.has(item.slice(space + 1));
    });
}
