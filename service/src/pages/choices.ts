import type { Language } from "./language.ts";

/** A value as it is stored, whatever language it was picked in, and the words for it. */
export interface Choice extends Readonly<Record<Language, string>> {
  readonly value: string;
}

export interface Question extends Readonly<Record<Language, string>> {
  readonly choices: readonly Choice[];
}

const choice = (value: string, ja: string, en: string): Choice => ({ value, ja, en });

export const SEXES: readonly Choice[] = [
  choice("female", "女性", "Female"),
  choice("male", "男性", "Male"),
  choice("other", "その他・答えない", "Other, or no answer"),
];

/** In the order in which they are stored. */
export const QUESTIONS: readonly Question[] = [
  {
    ja: "お店をどのくらい利用しますか",
    en: "How often do you visit us?",
    choices: [
      choice("daily", "ほぼ毎日", "Almost daily"),
      choice("weekly", "週に数回", "Weekly"),
      choice("monthly", "月に数回", "Monthly"),
      choice("rarely", "たまに", "Rarely"),
      choice("never", "初めて", "This is the first time"),
    ],
  },
  {
    ja: "どこで知りましたか",
    en: "Where did you hear of this?",
    choices: [
      choice("friend", "友人・家族", "From a friend or relative"),
      choice("app", "メッセージアプリ", "In a messaging app"),
      choice("poster", "ポスター", "On a poster"),
      choice("newspaper", "新聞", "In a newspaper"),
      choice("radio", "ラジオ", "On the radio"),
      choice("other", "その他", "Elsewhere"),
    ],
  },
  {
    ja: "よく利用する時間帯",
    en: "At what time of day do you come?",
    choices: [
      choice("morning", "朝", "In the morning"),
      choice("noon", "昼", "Around noon"),
      choice("evening", "夕方", "In the evening"),
      choice("night", "夜", "At night"),
    ],
  },
  {
    ja: "満足度",
    en: "How content are you with us?",
    choices: [
      choice("5", "5（とても満足）", "5 (very)"),
      choice("4", "4", "4"),
      choice("3", "3", "3"),
      choice("2", "2", "2"),
      choice("1", "1（不満）", "1 (not at all)"),
    ],
  },
  {
    ja: "主な交通手段",
    en: "How do you get here?",
    choices: [
      choice("train", "電車", "By train"),
      choice("bus", "バス", "By bus"),
      choice("car", "車", "By car"),
      choice("bicycle", "自転車", "By bicycle"),
      choice("on foot", "徒歩", "On foot"),
    ],
  },
];

/** The words for a value; a program may have stored one that no form offers. */
export function wordsFor(value: string, choices: readonly Choice[], language: Language): string {
  return choices.find((known) => known.value === value)?.[language] ?? value;
}
