import type { Field } from "../guard/fields.ts";
import type { GapCause } from "./report.ts";

export const LANGUAGES = ["en", "ja"] as const;
export type Language = (typeof LANGUAGES)[number];

type ByField = Readonly<Record<Field, string>>;

/** Every word of the report, in one shape: a language that lacks one does not compile. */
export interface Words {
  readonly title: string;
  readonly range: (from: string, to: string, readAt: string) => string;
  readonly outcome: Readonly<Record<"none" | "exposures" | "unknown", string>>;
  readonly lowerBound: string;
  readonly numbersHeading: string;
  readonly columns: {
    readonly question: string;
    readonly answer: string;
    readonly kind: string;
    readonly people: string;
    readonly viewers: string;
    readonly records: string;
    readonly answers: string;
    readonly first: string;
    readonly last: string;
    readonly field: string;
    readonly viewer: string;
    readonly victim: string;
    readonly fields: string;
    readonly cause: string;
    readonly worker: string;
    readonly from: string;
    readonly until: string;
    readonly lost: string;
  };
  readonly questions: Readonly<
    Record<
      "people" | "viewers" | "records" | "answers" | "first" | "last" | "withoutReader" | "withoutOwner",
      string
    >
  >;
  readonly atLeast: (number: string) => string;
  readonly never: string;
  readonly fieldsHeading: string;
  readonly field: ByField;
  readonly kindsHeading: string;
  readonly kinds: Readonly<Record<string, string>>;
  readonly shared: (numbers: number, people: number, first: string, last: string) => string;
  readonly blockedHeading: string;
  readonly blocked: string;
  readonly noneBlocked: string;
  readonly ledgerHeading: string;
  readonly complete: (answers: string) => string;
  readonly incomplete: (answers: string) => string;
  readonly causes: Readonly<Record<GapCause, string>>;
  readonly stillOpen: string;
  readonly listHeading: string;
  readonly nobodyKnown: string;
  readonly lawHeading: string;
  readonly law: readonly string[];
}

const english: Words = {
  title: "Blast radius: who could see whose data",
  range: (from, to, readAt) => `From ${from} to ${to} (UTC); read at ${readAt}.`,
  outcome: {
    none: "No exposure recorded, ledger complete.",
    exposures: "People's data could be seen by others.",
    unknown: "No exposure recorded, but the ledger has gaps: nobody can say that there was none.",
  },
  lowerBound:
    "All numbers are lower bounds: the ledger has gaps, or a reader or an owner could not be found (see below).",
  numbersHeading: "In numbers",
  columns: {
    question: "question",
    answer: "answer",
    kind: "kind of anomaly",
    people: "people",
    viewers: "others",
    records: "records",
    answers: "answers",
    first: "first",
    last: "last",
    field: "category",
    viewer: "who could see",
    victim: "whose data",
    fields: "categories",
    cause: "cause",
    worker: "worker",
    from: "from",
    until: "until",
    lost: "answers missing",
  },
  questions: {
    people: "people whose data could be seen",
    viewers: "others who could see it",
    records: "records (one person's one category)",
    answers: "answers that showed it",
    first: "since",
    last: "until",
    withoutReader: "answers without a session, whose readers are not counted",
    withoutOwner: "answers with values whose owner was not found, not counted as people",
  },
  atLeast: (number) => `at least ${number}`,
  never: "–",
  fieldsHeading: "Categories of data, and how many people's",
  field: {
    number: "member number",
    email: "e-mail address",
    name: "name",
    kana: "name in kana",
    kanjiName: "name in kanji",
    sex: "sex",
    birthDate: "date of birth",
    postalCode: "postal code",
    address: "postal address",
    phone: "telephone number",
    survey: "five survey answers",
    message: "message",
  },
  kindsHeading: "By kind of anomaly",
  kinds: {
    duplicate: "duplicate number",
    malformed: "number nobody minted",
    "wrong-person": "another person's data",
    "foreign-session": "another person's session",
    unbound: "data without a session",
  },
  shared: (numbers, people, first, last) =>
    `${numbers} member number(s) were given to several people, ${people} in all (${first} – ${last}). That by itself shows nobody's data but the number.`,
  blockedHeading: "Withheld by the guard",
  blocked: "These answers reached nobody, and are in none of the numbers above.",
  noneBlocked: "None.",
  ledgerHeading: "How complete this is",
  complete: (answers) =>
    `The access ledger is complete for the whole range: ${answers} answers with personal data.`,
  incomplete: (answers) =>
    `The access ledger has ${answers} answers with personal data, and these gaps. What was shown in them is not known.`,
  causes: {
    dropped: "more answers than the ledger could take",
    crash: "a worker died, or has not come back",
    "database-crash": "a batch that the database lost",
    "not-yet-written": "a worker has not told yet; ask again in some seconds",
    "no-ledger": "no ledger: not yet begun, switched off, or past its retention",
  },
  stillOpen: "(still open)",
  listHeading: "Who saw whose what",
  nobodyKnown: "unknown",
  lawHeading: "For a report to a regulator",
  law: [
    "What is asked for in numbers stands above: people, records, categories, since when and until when. This is no legal advice.",
    "Japan: Act on the Protection of Personal Information, Article 26, and its Enforcement Rules, Articles 7 and 8 (preliminary report promptly, in general 3 to 5 days after any department knew; final report within 30 days, 60 where a wrongful purpose is possible; more than 1,000 people always).",
    "EU: GDPR, Articles 33 and 34 (within 72 hours; categories and approximate numbers of people and of records).",
    "Cause, measures and what was told to the people concerned are not in this report.",
  ],
};

const japanese: Words = {
  title: "影響範囲：誰の情報を、誰が見られたか",
  range: (from, to, readAt) => `対象期間：${from} から ${to} まで（UTC）。読み取り時刻：${readAt}。`,
  outcome: {
    none: "漏えいの記録はありません。台帳に欠けはありません。",
    exposures: "他人の情報を見られる状態が生じました。",
    unknown: "漏えいの記録はありませんが、台帳に欠けがあります。なかったとは言えません。",
  },
  lowerBound:
    "数値はすべて下限です。台帳に欠けがあるか、閲覧者または本人を特定できないものがあります（下記参照）。",
  numbersHeading: "数値",
  columns: {
    question: "項目",
    answer: "数値",
    kind: "異常の種類",
    people: "本人",
    viewers: "閲覧者",
    records: "件数",
    answers: "応答数",
    first: "最初",
    last: "最後",
    field: "データ項目",
    viewer: "閲覧できた人",
    victim: "本人",
    fields: "データ項目",
    cause: "原因",
    worker: "ワーカー",
    from: "開始",
    until: "終了",
    lost: "失われた応答数",
  },
  questions: {
    people: "情報を見られる状態にあった本人の数",
    viewers: "それを見られた他人の数",
    records: "件数（本人一人の一項目を一件とする）",
    answers: "表示した応答の数",
    first: "開始時刻",
    last: "終了時刻",
    withoutReader: "セッションのない応答（閲覧者は人数に含まない）",
    withoutOwner: "本人を特定できない値を含む応答（人数に含まない）",
  },
  atLeast: (number) => `${number} 以上`,
  never: "–",
  fieldsHeading: "データ項目ごとの本人の数",
  field: {
    number: "会員番号",
    email: "メールアドレス",
    name: "氏名（ローマ字）",
    kana: "氏名（カナ）",
    kanjiName: "氏名（漢字）",
    sex: "性別",
    birthDate: "生年月日",
    postalCode: "郵便番号",
    address: "住所",
    phone: "電話番号",
    survey: "アンケート回答（5 問）",
    message: "メッセージ",
  },
  kindsHeading: "異常の種類ごと",
  kinds: {
    duplicate: "会員番号の重複",
    malformed: "発行されていない番号",
    "wrong-person": "他人の情報",
    "foreign-session": "他人のセッション",
    unbound: "セッションのない要求への情報",
  },
  shared: (numbers, people, first, last) =>
    `会員番号 ${numbers} 個が複数の人に発行されました（合計 ${people} 人、${first} – ${last}）。これだけでは番号以外の情報は表示されません。`,
  blockedHeading: "ガードが止めた応答",
  blocked: "これらは誰にも届いておらず、上の数値に含まれません。",
  noneBlocked: "ありません。",
  ledgerHeading: "記録の完全さ",
  complete: (answers) => `閲覧台帳は期間全体について完全です。個人情報を含む応答：${answers} 件。`,
  incomplete: (answers) =>
    `閲覧台帳にある、個人情報を含む応答は ${answers} 件です。次の欠けがあり、その間に何が表示されたかは分かりません。`,
  causes: {
    dropped: "台帳が受け取れる量を超えた",
    crash: "ワーカーが異常終了した、または戻っていない",
    "database-crash": "データベースが失った記録",
    "not-yet-written": "ワーカーの報告待ち。数秒後にもう一度実行してください",
    "no-ledger": "台帳なし（開始前、無効、または保存期間の経過後）",
  },
  stillOpen: "（継続中）",
  listHeading: "誰が、誰の、何を見られたか",
  nobodyKnown: "不明",
  lawHeading: "監督機関への報告のために",
  law: [
    "報告で求められる数値（本人の数、件数、データ項目、期間）は上のとおりです。これは法的助言ではありません。",
    "日本：個人情報の保護に関する法律第 26 条、同施行規則第 7 条・第 8 条（速報は、いずれかの部署が知ってから概ね 3〜5 日以内。確報は 30 日以内、不正の目的のおそれがある場合は 60 日以内。1,000 人を超える場合は常に対象）。",
    "EU：GDPR 第 33 条・第 34 条（72 時間以内。本人と記録のおおよその数と種類）。",
    "原因、講じた措置、本人への通知の内容は、この報告に含まれません。",
  ],
};

export const WORDS: Readonly<Record<Language, Words>> = { en: english, ja: japanese };
