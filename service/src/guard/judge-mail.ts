import type { Field } from "./fields.ts";
import { createIdentity, type GuardKeys, isDigits } from "./identity.ts";
import type { AnomalyKind, Finding } from "./judge.ts";

/** A mail as it would leave: the one address it goes to, and all of its bytes. */
export interface GivenMail {
  readonly id: string;
  readonly to: string;
  readonly raw: Buffer;
}

/** The one member it is for, from one row. */
export interface Addressee {
  /** Of the outbox row: in the mail's Message-ID. */
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly kanjiName: string;
  readonly number: string;
  /** The sign-in code that it has to tell; null where it tells the number. */
  readonly code: string | null;
}

export type MailJudgement =
  | { readonly verdict: "healthy" }
  /** Not a mail of the service's own form: kept back, and no anomaly. */
  | { readonly verdict: "unrecognised" }
  | { readonly verdict: "anomaly"; readonly finding: Finding };

/**
 * Decides about one mail, from its bytes. As with answers only typed places count: a header, a greeting's whole line, a
 * line that is a number and nothing else. What a member typed as a name is compared with that name, so no name can halt.
 */
export type JudgeMail = (mail: GivenMail, addressee: Addressee) => MailJudgement;

export function createMailJudge(keys: GuardKeys): JudgeMail {
  const identity = createIdentity(keys);
  return (mail, addressee) => {
    const { number } = addressee;
    if (mail.to !== addressee.email || mail.id !== addressee.id)
      return anomalyOf("wrong-person", ["email"], number);
    const letter = readLetter(mail.raw);
    if (letter === undefined) return { verdict: "unrecognised" };
    const foreign = foreignFields(letter, addressee);
    if (foreign.length > 0)
      return anomalyOf(
        "wrong-person",
        foreign,
        letter.numbers.find((each) => each !== number),
      );
    if (!identity.isMinted(number)) return anomalyOf("malformed", ["number"], number);
    return isWhole(letter, addressee) ? { verdict: "healthy" } : { verdict: "unrecognised" };
  };
}

/** `subject`: whose data it carried, where that can be seen. */
function anomalyOf(kind: AnomalyKind, fields: readonly Field[], subject: string | undefined): MailJudgement {
  const subjectNumber = subject !== undefined && isDigits(subject, 20) ? subject : null;
  return { verdict: "anomaly", finding: { kind, route: "mail", viewer: null, subjectNumber, fields } };
}

/** What stands in the typed places of a mail. */
interface Letter {
  readonly messageId: string;
  readonly to: string;
  readonly kanjiNames: readonly string[];
  readonly names: readonly string[];
  readonly numbers: readonly string[];
  readonly codes: readonly string[];
}

const HEAD_END = "\r\n\r\n";

function readLetter(raw: Buffer): Letter | undefined {
  const bytes = raw.toString("latin1");
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  // A line that begins with a blank belongs to the one before.
  const lines = bytes
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const header = (name: string) => {
    const values = lines.filter((line) => line.toLowerCase().startsWith(`${name}:`));
    return values.length === 1 ? values[0]?.slice(name.length + 1).trim() : undefined;
  };
  const [messageId, to] = [header("message-id"), header("to")];
  const isBase64 = header("content-transfer-encoding")?.toLowerCase() === "base64";
  if (messageId === undefined || to === undefined || !isBase64) return undefined;
  const text = Buffer.from(bytes.slice(end + HEAD_END.length), "base64").toString();
  return { messageId, to, ...readPlaces(text.split(/\r?\n/)) };
}

function readPlaces([first = "", ...rest]: readonly string[]) {
  const inLines = (place: RegExp) => rest.flatMap((line) => place.exec(line)?.[1] ?? []);
  return {
    kanjiNames: first.endsWith(TO_KANJI_NAME) ? [first.slice(0, -TO_KANJI_NAME.length)] : [],
    names: inLines(/^Dear (.*),$/s),
    numbers: inLines(/^(\d{20})$/),
    codes: inLines(/(?:^ログイン用コード|^your sign-in code): (\d{8})$/),
  };
}

const TO_KANJI_NAME = " 様";

/** The fields of somebody else. A code is its member's way in: as much as all of them. */
function foreignFields(letter: Letter, { email, name, kanjiName, number, code }: Addressee): Field[] {
  const foreign: Field[] = [];
  if (PLAIN_ADDRESS.test(email) && !isSameAddress(letter.to, email)) foreign.push("email");
  if (letter.names.some((each) => each !== name)) foreign.push("name");
  if (letter.kanjiNames.some((each) => each !== kanjiName)) foreign.push("kanjiName");
  if (letter.numbers.some((each) => each !== number) || letter.codes.some((each) => each !== code))
    foreign.push("number");
  return foreign;
}

/** All of its places are there, each for itself. */
function isWhole({ messageId, kanjiNames, names, numbers, codes }: Letter, { id, code }: Addressee): boolean {
  const told = code === null ? numbers : codes;
  return (
    messageId.startsWith(`<${id}@`) && kanjiNames.length === 1 && names.length === 1 && told.length === 2
  );
}

/**
 * Any other is written in a header by rules that are not repeated here (quoted, in ASCII letters), and must not halt. Nor
 * must a domain that ends in a number: programs take it for an address, and write `x@42` as `x@0.0.0.42`.
 */
const PLAIN_ADDRESS = /^[\w+-]+(\.[\w+-]+)*@([a-z0-9]+[.-])*[a-z][a-z0-9]*$/i;

/** Programs write a domain in small letters; what stands before it is left as it was. */
function isSameAddress(one: string, other: string): boolean {
  const split = (address: string) => {
    const at = address.lastIndexOf("@");
    return `${address.slice(0, at)}${address.slice(at).toLowerCase()}`;
  };
  return split(one) === split(other);
}
