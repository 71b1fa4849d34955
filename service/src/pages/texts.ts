import type { PersonalFields } from "../member/profile.ts";
import type { Problem } from "../registration/parse-signup.ts";
import type { ErrorCode } from "../service-error.ts";
import type { Language } from "./language.ts";

/** A page, or a note above a form, that says no: what happened, and what to do. */
export interface Note {
  readonly title: string;
  readonly text: string;
}

export type NoteCode = Exclude<ErrorCode, "waiting">;

export interface Texts {
  readonly brand: string;
  readonly wait: {
    title(time: string): string;
    readonly heading: string;
    readonly turn: string;
    /** A clock time with its zone, and how long that is from now. */
    around(time: string): string;
    inAbout(duration: string): string;
    readonly zone: string;
    readonly before: string;
    people(count: string): string;
    readonly next: string;
    readonly byItself: string;
    keep(time: string): string;
    readonly nothingStored: string;
    readonly look: string;
  };
  readonly form: {
    readonly title: string;
    readonly heading: string;
    intro(time: string): string;
    readonly you: string;
    readonly contact: string;
    readonly survey: string;
    readonly further: string;
    readonly choose: string;
    readonly optional: string;
    readonly send: string;
    readonly once: string;
    readonly errorPrefix: string;
    readonly errorHeading: string;
    readonly waitNote: (time: string, duration: string) => Note;
    readonly kept: string;
  };
  readonly fields: Readonly<Record<keyof PersonalFields | "number", string>>;
  readonly hints: Readonly<Partial<Record<keyof PersonalFields, string>>>;
  readonly problems: Readonly<Record<Problem, string>>;
  readonly emailTaken: string;
  readonly member: {
    readonly title: string;
    readonly heading: string;
    readonly card: string;
    readonly own: string;
    readonly ownText: string;
    readonly leave: string;
    readonly leaveHint: string;
  };
  readonly notes: Readonly<Record<NoteCode, Note>>;
  readonly toForm: string;
  readonly toMember: string;
  readonly again: string;
  byItself(duration: string): string;
}

const EN: Texts = {
  brand: "Member registration",
  wait: {
    title: (time) => `Your turn is at about ${time}`,
    heading: "You have a place in the line",
    turn: "Your turn is at about",
    around: (time) => time,
    inAbout: (duration) => `in about ${duration}`,
    zone: "Japan time",
    before: "Before you",
    people: (count) => `${count} people`,
    next: "nobody: you are next",
    byItself: "Then this page turns into the form by itself. There is nothing you have to do.",
    keep: (time) =>
      `You may reload this page, or close it and come back to the same address: your place stays yours until ${time}.`,
    nothingStored: "Until you send the form, nothing about you is stored.",
    look: "Look now",
  },
  form: {
    title: "Sign up",
    heading: "Become a member",
    intro: (time) => `It is your turn. Take your time: your place is kept until ${time} (Japan time).`,
    you: "About you",
    contact: "How to reach you",
    survey: "Five short questions",
    further: "Anything else?",
    choose: "Please choose",
    optional: "(optional)",
    send: "Sign up",
    once: "Sending it twice does no harm: you are registered once.",
    errorPrefix: "Please check: ",
    errorHeading: "Please check these fields",
    waitNote: (time, duration) => ({
      title: `Please send it again at ${time}, in about ${duration}`,
      text: "Very many people are signing up at this moment. Nothing was registered. Your place is kept.",
    }),
    kept: "What you typed is still here.",
  },
  fields: {
    number: "Member number",
    email: "E-mail address",
    name: "Name in Latin letters",
    kana: "Name in katakana",
    kanjiName: "Name",
    sex: "Sex",
    birthDate: "Date of birth",
    postalCode: "Postal code",
    address: "Address",
    phone: "Telephone number",
    survey: "Your answers",
    message: "Message to us",
  },
  hints: {
    email: "Your confirmation goes there.",
    kanjiName: "As you write it yourself",
    name: "For example: Hanako Yamada",
    kana: "How it is spoken, for example: ヤマダ ハナコ",
    postalCode: "For example: 100-0001",
  },
  problems: {
    "has fields that are not known": "This is not a field of the form.",
    "is too long": "This is too long.",
    "is missing or too short": "Please fill this in.",
    "has the wrong form": "Please write this in another way.",
    "holds control characters": "There are invisible characters in this. Please type it anew.",
    "is not an e-mail address": "This is not an e-mail address. It needs a name, an at sign and a domain.",
    "is not a birth date": "Please give a date of birth from 1900 on.",
    "is not a postal code": "Please give digits, Latin letters, blanks and hyphens only.",
    "is not a telephone number": "Please give digits, blanks, hyphens and brackets only.",
    "is missing or of the wrong kind": "Please fill this in.",
  },
  emailTaken: "This e-mail address is registered already.",
  member: {
    title: "Your member card",
    heading: "You are a member",
    card: "Member card",
    own: "What we know about you",
    ownText: "Only you can see this page.",
    leave: "Leave",
    leaveHint: "On a device that others use, leave before you go. You stay a member.",
  },
  notes: {
    halted: {
      title: "Signing up is closed at this moment",
      text: "We have stopped it to be on the safe side, and people are looking into it. Nothing was registered. If you are a member, your page works as ever.",
    },
    busy: {
      title: "Too many people at this moment",
      text: "There is no free place in the line right now. Nothing was registered.",
    },
    unavailable: {
      title: "We cannot answer at this moment",
      text: "Something behind this page needs a rest. Nothing was done.",
    },
    indeterminate: {
      title: "We do not know yet whether you are registered",
      text: "The answer was lost on its way. Please send the same form again: you are registered once, whichever it was.",
    },
    bug: {
      title: "Something is broken on our side",
      text: "It has been recorded. Please try again a little later.",
    },
    "no-session": {
      title: "You are not signed in here",
      text: "Your member page opens on the device on which you signed up.",
    },
    "not-found": { title: "There is nothing here", text: "The address may be old, or have a typing error." },
    "key-reused": {
      title: "You sent this form before, with other data",
      text: "You are a member with the data you sent first. To register another person, begin with a new form.",
    },
    "ticket-used": {
      title: "This place was used already",
      text: "Somebody has signed up with it. Please begin with a new form.",
    },
    "email-taken": {
      title: "This e-mail address is registered already",
      text: "Please give another one.",
    },
    "invalid-input": { title: "We could not read this form", text: "Please begin with a new one." },
    "key-missing": { title: "We could not read this form", text: "Please begin with a new one." },
    "too-large": { title: "This is too long", text: "Please shorten your message." },
    "unsupported-media-type": {
      title: "We could not read this form",
      text: "Please begin with a new one.",
    },
    "wrong-code": { title: "This code is not valid", text: "Please ask for a new one." },
  },
  toForm: "To the form",
  toMember: "To your member page",
  again: "Try again",
  byItself: (duration) => `This page tries again by itself, in about ${duration}.`,
};

const JA: Texts = {
  brand: "会員登録",
  wait: {
    title: (time) => `順番は ${time} 頃です`,
    heading: "順番をお待ちください",
    turn: "あなたの順番",
    around: (time) => `${time} 頃`,
    inAbout: (duration) => `約 ${duration}後`,
    zone: "日本時間",
    before: "前にお待ちの方",
    people: (count) => `${count} 人`,
    next: "いません。次があなたの番です",
    byItself: "時間になると、この画面は自動的に登録フォームに変わります。何もしなくて大丈夫です。",
    keep: (time) =>
      `再読み込みしても、いったん閉じても、順番は変わりません。${time} までに同じアドレスへお戻りください。`,
    nothingStored: "フォームを送信するまで、あなたに関する情報は何も保存されません。",
    look: "今すぐ確認する",
  },
  form: {
    title: "会員登録",
    heading: "会員登録",
    intro: (time) =>
      `あなたの番です。${time}（日本時間）まで順番を確保していますので、ゆっくりご記入ください。`,
    you: "あなたについて",
    contact: "ご連絡先",
    survey: "5 つの質問",
    further: "そのほか",
    choose: "選択してください",
    optional: "（任意）",
    send: "登録する",
    once: "二度送信しても、登録は一度だけです。",
    errorPrefix: "ご確認ください：",
    errorHeading: "次の項目をご確認ください",
    waitNote: (time, duration) => ({
      title: `${time} に（約 ${duration}後）もう一度送信してください`,
      text: "ただいま大変混み合っています。まだ登録されていません。順番は確保されています。",
    }),
    kept: "ご記入の内容はそのまま残っています。",
  },
  fields: {
    number: "会員番号",
    email: "メールアドレス",
    name: "お名前（ローマ字）",
    kana: "お名前（カタカナ）",
    kanjiName: "お名前",
    sex: "性別",
    birthDate: "生年月日",
    postalCode: "郵便番号",
    address: "住所",
    phone: "電話番号",
    survey: "アンケートの回答",
    message: "メッセージ",
  },
  hints: {
    email: "確認のメールをお送りします。",
    kanjiName: "例：山田 花子",
    name: "例：Hanako Yamada",
    kana: "例：ヤマダ ハナコ",
    postalCode: "例：100-0001",
  },
  problems: {
    "has fields that are not known": "このフォームにない項目です。",
    "is too long": "長すぎます。",
    "is missing or too short": "ご記入ください。",
    "has the wrong form": "書き方をご確認ください。",
    "holds control characters": "目に見えない文字が含まれています。入力し直してください。",
    "is not an e-mail address": "メールアドレスの形になっていません。",
    "is not a birth date": "1900 年以降の日付をご記入ください。",
    "is not a postal code": "数字、英字、空白、ハイフンだけでご記入ください。",
    "is not a telephone number": "数字、空白、ハイフン、かっこだけでご記入ください。",
    "is missing or of the wrong kind": "ご記入ください。",
  },
  emailTaken: "このメールアドレスはすでに登録されています。",
  member: {
    title: "会員証",
    heading: "ご登録ありがとうございます",
    card: "会員証",
    own: "ご登録の内容",
    ownText: "このページを見られるのは、ご本人だけです。",
    leave: "ログアウト",
    leaveHint: "ほかの人も使う端末では、終わったらログアウトしてください。会員のままです。",
  },
  notes: {
    halted: {
      title: "ただいま登録の受付を停止しています",
      text: "安全のために受付を止めて確認しています。今回の登録は行われていません。すでに会員の方のページは、これまでどおりご利用いただけます。",
    },
    busy: {
      title: "ただいま大変混み合っています",
      text: "お待ちいただく順番にも空きがありません。登録は行われていません。",
    },
    unavailable: {
      title: "ただいまお答えできません",
      text: "システムの一部が応答していません。何も行われていません。",
    },
    indeterminate: {
      title: "登録できたかどうか、まだ分かりません",
      text: "返事が途中で失われました。同じフォームをもう一度送信してください。どちらの場合も、登録は一度だけです。",
    },
    bug: {
      title: "こちらの不具合です",
      text: "記録しました。しばらくしてからもう一度お試しください。",
    },
    "no-session": {
      title: "この端末ではログインしていません",
      text: "会員ページは、登録した端末で開きます。",
    },
    "not-found": {
      title: "ページが見つかりません",
      text: "アドレスが古いか、間違っている可能性があります。",
    },
    "key-reused": {
      title: "このフォームは、別の内容ですでに送信されています",
      text: "最初に送信した内容で登録されています。別の方を登録するには、新しいフォームからお始めください。",
    },
    "ticket-used": {
      title: "この順番はすでに使われています",
      text: "この順番で登録が済んでいます。新しいフォームからお始めください。",
    },
    "email-taken": {
      title: "このメールアドレスはすでに登録されています",
      text: "別のアドレスをご記入ください。",
    },
    "invalid-input": { title: "フォームを読み取れませんでした", text: "新しいフォームからお始めください。" },
    "key-missing": { title: "フォームを読み取れませんでした", text: "新しいフォームからお始めください。" },
    "too-large": { title: "内容が長すぎます", text: "メッセージを短くしてください。" },
    "unsupported-media-type": {
      title: "フォームを読み取れませんでした",
      text: "新しいフォームからお始めください。",
    },
    "wrong-code": { title: "コードが正しくありません", text: "新しいコードを取得してください。" },
  },
  toForm: "登録フォームへ",
  toMember: "会員ページへ",
  again: "もう一度試す",
  byItself: (duration) => `約 ${duration}後に、この画面は自動的にもう一度試します。`,
};

export const TEXTS: Readonly<Record<Language, Texts>> = { ja: JA, en: EN };
