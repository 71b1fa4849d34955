/**
 * Every word of the report, both languages side by side. `{name}` is a value that is put in;
 * `{count|answer|answers}` chooses by the value of `count` (Japanese has no use for it).
 */
export const LANGUAGES = ["en", "ja"] as const;
export type Language = (typeof LANGUAGES)[number];

export const TEXTS = {
  pageTitle: {
    en: "{outcome} · {campaign} · Crowdproof report",
    ja: "{outcome}・{campaign}・Crowdproof 試験結果",
  },
  skip: { en: "Skip to the findings", ja: "結果の本文へ移動" },
  language: { en: "Language", ja: "表示言語" },
  campaignAgainst: {
    en: "Campaign {campaign} against {target}",
    ja: "キャンペーン「{campaign}」／対象「{target}」",
  },
  more: { en: "{count} more in verdict.json", ja: "ほか {count} 件は verdict.json にあります" },
  original: { en: "In the checks’ own words", ja: "検査の原文（英語）" },
  none: { en: "none", ja: "なし" },
  unknownValue: { en: "not known", ja: "不明" },

  pass: { en: "Pass", ja: "合格" },
  fail: { en: "Fail", ja: "不合格" },
  unknown: { en: "Unknown", ja: "判定不能" },
  notJudged: { en: "Not judged", ja: "判定対象外" },
  passMeans: {
    en: "Nothing was found against this signup. What that is worth is said under Strength.",
    ja: "この登録システムについて、問題は見つかりませんでした。この結果から言えることの範囲は「試験の強さ」に示します。",
  },
  failMeans: {
    en: "Do not open this signup to a crowd before what stands below is mended.",
    ja: "下記の問題が解消されるまで、この登録システムを多数の利用者に公開しないでください。",
  },
  unknownMeans: {
    en: "This run can neither clear nor condemn the signup. It is not a pass.",
    ja: "この試験からは良否を判断できません。合格ではありません。",
  },
  bypassed: { en: "{what} (bypassed)", ja: "{what}（迂回）" },
  notJudgedHere: { en: "Not judged: {names}.", ja: "判定対象外：{names}。" },

  headlineExposures: {
    en: "{count} {count|case|cases} of a person being shown somebody else’s data.",
    ja: "他人のデータの表示が {count} 件見つかりました。",
  },
  headlineBroken: { en: "Broken: {names}.", ja: "必ず守られるべき条件が破られました：{names}。" },
  headlineUnproven: {
    en: "Not enough to judge by: {names}.",
    ja: "判定に必要な根拠が得られませんでした：{names}。",
  },
  headlineMissed: { en: "Not reached: {names}.", ja: "目標を満たしませんでした：{names}。" },
  andMore: { en: "{names} and {count} more", ja: "{names}ほか {count} 件" },
  headlineNothing: { en: "No check gave a result.", ja: "結果の得られた検査がありません。" },
  headlinePass: {
    en: "Not falsified: 0 exposures in {answers} {answers|answer|answers} that showed people their own data.",
    ja: "本人のデータを表示した応答 {answers} 件のうち、他人のデータの表示は 0 件でした。",
  },

  figureMembers: { en: "signups acknowledged", ja: "登録が完了した件数" },
  figureOverlap: { en: "with another in flight", ja: "ほかの登録と同時に処理中だった割合" },
  figureOwnData: { en: "answers showed own data", ja: "本人のデータを表示した応答" },
  figureExposures: { en: "exposures", ja: "他人のデータの表示" },
  figureVisitors: { en: "of {planned} visitors started", ja: "開始した来訪者（計画 {planned} 人）" },

  exposures: { en: "Exposures", ja: "他人のデータの表示" },
  exposuresLead: {
    en: "{count} {count|case|cases} of a person being shown somebody else’s data: {viewers} {viewers|viewer|viewers}, data of {victims} {victims|person|people}.",
    ja: "他人のデータが表示された組み合わせが {count} 件ありました（見た人 {viewers} 人、見られた人 {victims} 人）。",
  },
  exposuresLeadPart: {
    en: "{count} cases of a person being shown somebody else’s data. The first {listed}: {viewers} viewers, data of {victims} people.",
    ja: "他人のデータが表示された組み合わせが {count} 件ありました。うち先頭の {listed} 件について、見た人は {viewers} 人、見られた人は {victims} 人です。",
  },
  exposuresNone: {
    en: "None found. {answers} {answers|answer|answers} that showed people their own data {answers|was|were} looked at, and nobody else’s data was in any answer.",
    ja: "見つかりませんでした。本人のデータを表示した応答 {answers} 件を調べ、すべての応答に他人のデータは含まれていませんでした。",
  },
  exposuresNotSeen: {
    en: "None found, but no answer was seen that showed anybody their own data: this says nothing.",
    ja: "見つかりませんでしたが、本人のデータを表示した応答も 1 件もありませんでした。したがって、この結果からは何も言えません。",
  },
  exposuresUnproven: {
    en: "This run is not complete proof: see the verdict below.",
    ja: "ただし、この試験は判定の根拠として十分ではありません。下の「判定」をご覧ください。",
  },
  nextExposures: { en: "The next {count}", ja: "続く {count} 件" },
  viewer: { en: "Who saw it", ja: "見た人" },
  victim: { en: "Whose data", ja: "見られた人" },
  fields: { en: "What", ja: "表示された項目" },
  where: { en: "Where", ja: "表示された箇所" },
  firstSeen: { en: "First seen", ja: "最初の表示" },
  answers: { en: "Answers", ja: "応答数" },
  visitor: { en: "visitor {number}", ja: "来訪者 {number}" },
  residue: { en: "Left in the target", ja: "対象に残る登録" },
  residueNone: { en: "nobody of this run", ja: "この実行の登録は残っていません" },
  residueUnknown: {
    en: "nobody could count this run’s people; {command} removes them",
    ja: "この実行の登録数は数えられませんでした。削除コマンド：{command}",
  },
  residueBefore: {
    en: "{count} {count|member|members} of this run at the read-back; {command} removes them, where the target still is",
    ja: "確認時点でこの実行の登録が {count} 件あります。対象が残っていれば、削除コマンド：{command}",
  },
  residueAfter: {
    en: "{count} {count|member|members} of this run after the clean-up; {command} tries again",
    ja: "削除後もこの実行の登録が {count} 件残っています。再実行：{command}",
  },
  nobodysAddress: { en: "an address of nobody in this run", ja: "この実行の誰のものでもないアドレス" },
  olderRun: { en: "visitor {number} of an older run ({run})", ja: "以前の試験（{run}）の来訪者 {number}" },

  verdict: { en: "Verdict", ja: "判定" },
  reasonOf: { en: "{title} ({name}): {said}", ja: "{title}（{name}）：{said}" },
  reasons: { en: "Why", ja: "判定の理由" },
  stoppedEarly: { en: "The run was stopped early: {reason}.", ja: "試験は途中で停止しました（{reason}）。" },
  faultOn: {
    en: "The service was made to have a fault on purpose: {fault}.",
    ja: "対象には意図的に不具合「{fault}」を組み込んでいます。",
  },

  curve: { en: "Visitors, planned and sent", ja: "来訪者数（計画と実績）" },
  curveUnit: { en: "visitors per second", ja: "人／秒" },
  planned: { en: "planned", ja: "計画" },
  sent: { en: "sent", ja: "実績" },
  curveSays: {
    en: "{started} of {planned} {planned|visitor was|visitors were} started; planned peak {peak} per second.",
    ja: "計画 {planned} 人のうち {started} 人が開始しました。計画上の最大は毎秒 {peak} 人です。",
  },
  answersOverTime: { en: "Answers by class", ja: "応答の内訳" },
  answersUnit: { en: "answers per second", ja: "件／秒" },
  answersSay: {
    en: "{total} {total|answer|answers}: {classes}.",
    ja: "応答は計 {total} 件です。内訳：{classes}。",
  },
  latency: { en: "Latency from the due time", ja: "到着予定時刻からの応答時間" },
  latencyUnit: { en: "seconds, logarithmic scale", ja: "秒（対数目盛）" },
  latencySays: {
    en: "First step, timeouts included. Highest p50 of a moment {p50}, highest p99 {p99}.",
    ja: "最初の手順の応答時間です（タイムアウトを含みます）。各時点の p50 の最大は {p50}、p99 の最大は {p99} です。",
  },
  objectiveOf: { en: "objective {name}", ja: "目標 {name}" },
  overlap: { en: "Overlap", ja: "登録の重なり" },
  overlapUnit: { en: "share of visitors signing up", ja: "登録した来訪者に占める割合" },
  overlapSays: {
    en: "Share of visitors who had another visitor’s signup in flight at the same time, bursts apart; whole run {ratio}, target {target}.",
    ja: "ほかの来訪者の登録と同時に処理中だった来訪者の割合です（同時到着の分を除く）。全体では {ratio}、目標は {target} です。",
  },
  overlapTarget: { en: "target", ja: "目標" },
  exposureMark: { en: "exposure first seen", ja: "他人のデータの最初の表示" },
  noSeries: { en: "The history holds nothing to draw here.", ja: "記録に、図にできる内容がありません。" },
  seriesMissing: {
    en: "The course of the run could not be drawn: {problem}",
    ja: "試験の経過を図にできませんでした：{problem}",
  },
  chartTable: { en: "The same as a table", ja: "表で見る" },
  time: { en: "Time", ja: "時刻" },
  course: { en: "How it went", ja: "試験の経過" },
  warmUp: { en: "warm-up", ja: "慣らし運転" },

  alerts: { en: "Alerts", ja: "警報" },
  alertsSay: {
    en: "{count} {count|alert|alerts} fired, {pages} of which {pages|was a page|were pages}.",
    ja: "警報は {count} 件で、このうち担当者の呼び出しは {pages} 件です。",
  },
  alertsNone: {
    en: "No alert fired; the rules were evaluated {evaluations} times during the campaign.",
    ja: "警報はありませんでした。キャンペーン中に規則を {evaluations} 回評価しました。",
  },
  alertsNotWatched: {
    en: "Nobody watched: whether an alert would have fired is not known.",
    ja: "監視が行われなかったため、警報の有無は分かりません。",
  },
  alertsPartly: {
    en: "The watching was not complete: there may have been more.",
    ja: "監視が完全ではないため、ほかにもあった可能性があります。",
  },
  alertName: { en: "Alert", ja: "警報" },
  severity: { en: "Severity", ja: "重要度" },
  alertFired: { en: "Fired", ja: "発報" },
  alertOver: { en: "Over", ja: "解消" },
  alertTold: { en: "First told", ja: "最初の通知" },
  alertExpected: { en: "Demanded", ja: "発報が必要" },
  alertStillFires: { en: "still firing", ja: "継続中" },
  alertNotTold: { en: "no notification seen", ja: "通知の記録なし" },
  alertKeptBack: { en: "kept back: another alert says it", ja: "別の警報と同じ内容のため通知なし" },
  yes: { en: "yes", ja: "はい" },
  no: { en: "no", ja: "いいえ" },

  checks: { en: "Checks", ja: "検査の結果" },
  checksLead: {
    en: "Each with the number of positive observations that its outcome rests on. Zero observations are never a pass.",
    ja: "各検査について、結果の根拠となった観測の件数を示します。観測が 0 件の検査を合格とすることはありません。",
  },
  check: { en: "Check", ja: "検査" },
  outcome: { en: "Outcome", ja: "結果" },
  observed: { en: "Observed", ja: "観測件数" },
  finding: { en: "Finding", ja: "所見" },
  evidence: { en: "Evidence: {count} {count|row|rows}", ja: "根拠となる記録（{count} 件）" },
  invariant: { en: "Invariants: what must never happen", ja: "必ず守られるべき条件" },
  validity: { en: "Validity: was this a real test?", ja: "試験の有効性" },
  objective: { en: "Objectives: what was asked for", ja: "性能の目標" },
  alert: { en: "Alerts: did it page?", ja: "警報" },

  strength: { en: "Strength", ja: "試験の強さ" },
  strengthSays: {
    en: "{exposures} {exposures|exposure|exposures} in {answers} {answers|answer|answers} that showed people their own data; {signups} {signups|signup|signups} acknowledged, {overlap} of visitors with another signup in flight; {bursts} same-instant {bursts|burst|bursts}{size}.",
    ja: "本人のデータを表示した応答 {answers} 件のうち、他人のデータの表示は {exposures} 件でした。登録の完了は {signups} 件、ほかの登録と同時に処理中だった来訪者の割合は {overlap}、同時到着は {bursts} 回{size}でした。",
  },
  burstSize: { en: " of up to {count} {count|visitor|visitors}", ja: "（最大 {count} 人）" },
  claimWiring: { en: "each step worked (wiring)", ja: "疎通（各手順が動作すること）" },
  claimCrowd: {
    en: "people signed up at the same time (crowd)",
    ja: "集中（多数の人が同時に登録すること）",
  },
  claimSaturated: {
    en: "the service was driven to its limit (saturated)",
    ja: "飽和（対象が処理能力の限界に達すること）",
  },
  claimEarned: { en: "Claim, earned: {claim}.", ja: "試験の到達水準：{claim}。達成しました。" },
  claimMissed: { en: "Claim, not earned: {claim}.", ja: "試験の到達水準：{claim}。達成できませんでした。" },
  bound: {
    en: "{episodes} independent {episodes|episode|episodes}: with 95 % confidence, fewer than {bound} of such episodes would show a violation.",
    ja: "独立した試行は {episodes} 回です。95 % の信頼度で、同様の試行のうち問題が生じる割合は {bound} 未満と言えます。",
  },
  noBound: {
    en: "{episodes} independent {episodes|episode|episodes}: too few for a bound on how often this could still happen.",
    ja: "独立した試行は {episodes} 回です。発生割合の上限を示すには足りません。",
  },
  strengthLimits: {
    en: "This holds for this build, this mix of data and this machine. It is no proof that the fault is absent.",
    ja: "この結果は、今回のビルド、データの組み合わせ、実行環境に限ったものです。不具合がないことの証明ではありません。",
  },

  environment: { en: "Environment", ja: "実行環境" },
  run: { en: "Run", ja: "試験番号" },
  started: { en: "Started", ja: "開始日時" },
  duration: { en: "Duration", ja: "所要時間" },
  engine: { en: "Engine", ja: "負荷生成" },
  seed: { en: "Seed", ja: "乱数の種" },
  visitors: { en: "Visitors", ja: "来訪者" },
  visitorsOf: { en: "{started} started of {planned} planned", ja: "開始 {started} 人／計画 {planned} 人" },
  requests: { en: "Requests", ja: "リクエスト" },
  target: { en: "Target", ja: "対象" },
  campaign: { en: "Campaign", ja: "キャンペーン" },
  machine: { en: "Machine", ja: "実行マシン" },
  software: { en: "Software", ja: "ソフトウェア" },
  fault: { en: "Fault switched on", ja: "組み込んだ不具合" },

  repeat: { en: "How to repeat it", ja: "再現手順" },
  repeatSame: {
    en: "The same arrivals and behaviour again, with new people:",
    ja: "同じ到着時刻と行動で、新しい架空の人物を使って再実行する：",
  },
  repeatJudge: {
    en: "Judge this run folder again, without sending anything:",
    ja: "何も送信せずに、この記録だけで再判定する：",
  },
  madeBy: {
    en: "Made by Crowdproof {version}. All people in this report are synthetic; no answer was stored.",
    ja: "Crowdproof {version} が作成しました。登場する人物はすべて架空です。応答の本文は保存していません。",
  },
} satisfies Record<string, Record<Language, string>>;

export type TextKey = keyof typeof TEXTS;
export type TextValues = Record<string, string | number>;

/** What one language says: texts, numbers, times. Everything below the page is a function of it. */
export interface Words {
  language: Language;
  say(key: TextKey, values?: TextValues): string;
  name(group: NameGroup, name: string): string;
  number(value: number): string;
  ratio(value: number | null): string;
  seconds(value: number | null): string;
  /** Names in a row. */
  list(names: string[]): string;
}

export function wordsIn(language: Language): Words {
  const locale = language === "ja" ? "ja-JP" : "en-GB";
  const integers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const digits = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
  const number = (value: number) => integers.format(value);
  return {
    language,
    number,
    say: (key, values = {}) => fillText(TEXTS[key][language], values, number),
    name: (group, name) => NAMES[group][name]?.[language] ?? name,
    ratio: (value) => (value === null ? TEXTS.unknownValue[language] : `${digits.format(value * 100)} %`),
    seconds(value) {
      if (value === null) return TEXTS.unknownValue[language];
      if (value < 1) return `${digits.format(value * 1000)} ms`;
      return `${digits.format(value)} s`;
    },
    list: (names) => names.join(language === "ja" ? "、" : ", "),
  };
}

function fillText(text: string, values: TextValues, number: (value: number) => string): string {
  return text.replace(
    /\{(\w+)(?:\|([^|}]*)\|([^|}]*))?\}/g,
    (_, key: string, singular?: string, plural?: string) => {
      const value = values[key] ?? "";
      if (singular !== undefined) return (value === 1 ? singular : plural) ?? "";
      return typeof value === "number" ? number(value) : value;
    },
  );
}

type NameGroup = "field" | "class" | "check" | "stopped" | "severity";

/** Names of the record, as a person says them. What is not here is shown as it is. */
export const NAMES: Record<NameGroup, Record<string, Record<Language, string>>> = {
  field: {
    email: { en: "e-mail address", ja: "メールアドレス" },
    latinName: { en: "name", ja: "氏名（ローマ字）" },
    address: { en: "postal address", ja: "住所" },
    freeText: { en: "message", ja: "自由記入欄" },
    kana: { en: "name in kana", ja: "氏名（カナ）" },
    kanjiName: { en: "name in kanji", ja: "氏名（漢字）" },
    birthDate: { en: "birth date", ja: "生年月日" },
    sex: { en: "sex", ja: "性別" },
    phone: { en: "phone", ja: "電話番号" },
    postalCode: { en: "postal code", ja: "郵便番号" },
    survey1: { en: "survey answer 1", ja: "アンケート回答 1" },
    survey2: { en: "survey answer 2", ja: "アンケート回答 2" },
    survey3: { en: "survey answer 3", ja: "アンケート回答 3" },
    survey4: { en: "survey answer 4", ja: "アンケート回答 4" },
    survey5: { en: "survey answer 5", ja: "アンケート回答 5" },
  },
  class: {
    acknowledged: { en: "acknowledged", ja: "登録完了" },
    waiting: { en: "waiting", ja: "待機の案内" },
    refused: { en: "refused", ja: "混雑による受付見送り" },
    rejected: { en: "rejected", ja: "入力内容の拒否" },
    halted: { en: "halted", ja: "受付停止" },
    served: { en: "served", ja: "閲覧の応答" },
    absent: { en: "absent", ja: "該当なし" },
    denied: { en: "denied", ja: "閲覧の拒否" },
    indeterminate: { en: "indeterminate", ja: "成否不明" },
    failed: { en: "failed", ja: "失敗" },
  },
  check: {
    "reads-own": { en: "People see only their own data", ja: "表示されるのは本人のデータだけである" },
    "ids-unique": { en: "No ID is given to two people", ja: "同じ ID が二人に発行されない" },
    "acks-durable": {
      en: "Every acknowledged member is found afterwards",
      ja: "完了と回答した登録が後から確認できる",
    },
    "no-ghost-id": { en: "No ID without a member", ja: "会員の実体がない ID が発行されない" },
    "once-per-person": { en: "One person, one member", ja: "同じ人が二重に登録されない" },
    "ids-well-formed": { en: "IDs have their declared form", ja: "ID が定められた形式である" },
    "refusals-honest": { en: "Refusals and waiting are honest", ja: "待機・見送りの案内が正しい" },
    "sessions-bound": { en: "A session belongs to one person", ja: "セッションが本人だけのものである" },
    "responses-private": {
      en: "Personal data is never cacheable",
      ja: "個人データの応答がキャッシュされない",
    },
    "telemetry-clean": {
      en: "No personal data in logs and metrics",
      ja: "ログや計測値に個人データが含まれない",
    },
    accounting: { en: "Every request is accounted for", ja: "すべてのリクエストの結果が説明できる" },
    history: { en: "The record is complete", ja: "試験の記録に欠落がない" },
    "start-error": {
      en: "Visitors were started when they were due",
      ja: "来訪者が予定どおりの時刻に開始した",
    },
    claim: { en: "The run reached what the campaign claims", ja: "宣言した到達水準に達した" },
    generator: { en: "The generator was not the bottleneck", ja: "負荷生成側が限界に達していない" },
    limiter: {
      en: "A limiter did not answer in the service’s place",
      ja: "流量制限による応答が許容範囲内である",
    },
    clock: { en: "The clock did not step", ja: "時計が途中で変更されていない" },
    "members-within": { en: "People became members in time", ja: "所定の時間内に登録が完了する" },
    "first-step-latency": { en: "The first answer comes in time", ja: "最初の手順の応答時間" },
    "later-step-latency": { en: "Later answers come in time", ja: "以降の手順の応答時間" },
    bounds: { en: "Queues and memory stay bounded", ja: "待ち行列とメモリの上限" },
    "error-ratio": { en: "Few requests are lost or fail", ja: "応答なし・失敗の割合" },
    control: { en: "Deliberate faults were found", ja: "意図的に混入した誤りを検出できた" },
    watching: { en: "Alert rules watched the whole run", ja: "警報の規則が試験の全体を監視した" },
    "unexpected-pages": { en: "Nobody is paged for nothing", ja: "不要な呼び出しがない" },
    "expected-alerts": { en: "The demanded alerts fire", ja: "必要な警報が発報する" },
  },
  severity: {
    page: { en: "page: wakes somebody", ja: "呼び出し（担当者を起こす）" },
    critical: { en: "critical: wakes somebody", ja: "重大（担当者を起こす）" },
    ticket: { en: "ticket: read at work", ja: "要確認（勤務時間内）" },
    campaign: { en: "campaign: told to those who run it", ja: "キャンペーン担当者への連絡" },
    none: { en: "none", ja: "なし" },
  },
  stopped: {
    interrupted: { en: "interrupted by a person", ja: "利用者による中断" },
    exposure: { en: "an exposure was seen", ja: "他人のデータの表示を検出" },
    "target-gone": { en: "the target was gone", ja: "対象が応答しなくなった" },
    "time-limit": { en: "the time limit was reached", ja: "制限時間に達した" },
  },
};
