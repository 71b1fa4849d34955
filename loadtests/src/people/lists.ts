/** A name as its owner writes it, and in Latin letters. */
export interface FamilyName {
  native: string;
  latin: string;
}

export interface Given {
  native: string;
  sex: "female" | "male" | "other";
}

export interface Town {
  street: string;
  postalPrefix: string;
}

const family = (native: string, latin: string): FamilyName => ({ native, latin });

export const JAPANESE_FAMILIES: readonly FamilyName[] = [
  family("佐藤", "Sato"),
  family("鈴木", "Suzuki"),
  family("高橋", "Takahashi"),
  family("田中", "Tanaka"),
  family("伊藤", "Ito"),
  family("渡邊", "Watanabe"),
  family("山本", "Yamamoto"),
  family("中村", "Nakamura"),
  family("小林", "Kobayashi"),
  family("加藤", "Kato"),
  family("吉田", "Yoshida"),
  family("佐々木", "Sasaki"),
  family("山口", "Yamaguchi"),
  family("髙島", "Takashima"),
  family("井上", "Inoue"),
  family("斎藤", "Saito"),
];

export const LATIN_FAMILIES: readonly FamilyName[] = [
  "Novak",
  "Silva",
  "Martin",
  "Kowalska",
  "Jensen",
  "Rossi",
  "Nguyen",
  "Smith",
  "Garcia",
  "Haddad",
  "Okafor",
  "Virtanen",
].map((name) => family(name, name));

export const JAPANESE_GIVEN: readonly Given[] = [
  { native: "陽菜", sex: "female" },
  { native: "葵", sex: "female" },
  { native: "美咲", sex: "female" },
  { native: "さくら", sex: "female" },
  { native: "蓮", sex: "male" },
  { native: "悠真", sex: "male" },
  { native: "大翔", sex: "male" },
  { native: "健一", sex: "male" },
  { native: "薫", sex: "other" },
];

export const LATIN_GIVEN: readonly Given[] = [
  { native: "Anna", sex: "female" },
  { native: "Maria", sex: "female" },
  { native: "Linh", sex: "female" },
  { native: "Ingrid", sex: "female" },
  { native: "Jan", sex: "male" },
  { native: "Luca", sex: "male" },
  { native: "Omar", sex: "male" },
  { native: "David", sex: "male" },
  { native: "Robin", sex: "other" },
];

export const JAPANESE_TOWNS: readonly Town[] = [
  { street: "札幌市中央区南三条西", postalPrefix: "060" },
  { street: "旭川市四条通", postalPrefix: "070" },
  { street: "仙台市青葉区一番町", postalPrefix: "980" },
  { street: "東京都千代田区神田", postalPrefix: "101" },
  { street: "横浜市中区本町", postalPrefix: "231" },
  { street: "名古屋市中区栄", postalPrefix: "460" },
  { street: "大阪市北区梅田", postalPrefix: "530" },
  { street: "福岡市博多区上川端町", postalPrefix: "812" },
];

export const LATIN_TOWNS: readonly Town[] = [
  { street: "Odori Nishi, Chuo-ku, Sapporo", postalPrefix: "060" },
  { street: "Motomachi, Hakodate", postalPrefix: "040" },
  { street: "Kokubuncho, Sendai", postalPrefix: "980" },
  { street: "Azabudai, Minato-ku, Tokyo", postalPrefix: "106" },
  { street: "Yamashita-cho, Yokohama", postalPrefix: "231" },
  { street: "Kitano-cho, Kobe", postalPrefix: "650" },
];

export const MESSAGES: readonly string[] = [
  "楽しみにしています。",
  "Looking forward to the points!",
  "友達に聞きました",
  "I hope this works on my old phone",
  "よろしくお願いします",
  "Is there a plastic card, too?",
];

/** The answers of one question each. */
export const SURVEY_ANSWERS: readonly (readonly string[])[] = [
  ["daily", "weekly", "monthly", "rarely", "never"],
  ["friend", "poster", "app", "newspaper", "radio", "other"],
  ["morning", "noon", "evening", "night"],
  ["1", "2", "3", "4", "5"],
  ["bus", "train", "car", "bicycle", "on foot"],
];
