import { html, type Markup } from "./markup.ts";
import type { Words } from "./texts.ts";

/**
 * What a check found, in the reader's language. Checks speak English, in sentences of a few fixed parts with numbers
 * (`checks/check-table.ts`); each part has its Japanese here, and a test compares the two. A part that is not known is
 * shown as it was said, and marked as English.
 */
export function findingIn(summary: string, words: Words): Markup {
  if (words.language === "en") return html`<span lang="en">${asSentence(summary)}</span>`;
  return html`${summary.split("; ").map((part) => {
    const japanese = inJapanese(part);
    return japanese === null ? html`<span lang="en">${asSentence(part)}</span> ` : `${japanese}。`;
  })}`;
}

/** The first letter large, a full stop; the name of a check in front stays as it is. */
export function asSentence(text: string): string {
  const begun = /^[a-z]+(-[a-z]+)*:/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?。…]$/.test(begun) ? begun : `${begun}.`;
}

export function inJapanese(part: string): string | null {
  for (const [pattern, japanese] of PARTS) {
    const match = pattern.exec(part);
    if (match) return japanese(match.map((group) => group ?? ""));
  }
  return null;
}

type Part = [pattern: RegExp, japanese: (group: string[]) => string];

/**
 * `#` is a count, `~` a measured value, `{one|many}` what a count chooses by; what a check adds in brackets (problems of
 * a target) stays in its words.
 */
function part(english: string, japanese: string): Part {
  const escaped = english.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const source = escaped
    .replace(/\\\{(.*?)\\\|(.*?)\\\}/g, "(?:$1|$2)")
    .replaceAll("#", "([\\d,]+)")
    .replaceAll("~", "(never|nobody|[\\d.,]+(?: (?:ms|s|%))?)");
  const groups = (english.match(/[#~]/g) ?? []).length;
  return [
    new RegExp(`^${source}(?: \\((.*)\\))?$`, "s"),
    (group) => {
      const said = japanese.replace(/\{(\d)\}/g, (_, index: string) =>
        (group[Number(index)] ?? "").replace("never", "応答なし").replace("nobody", "該当者なし"),
      );
      const problems = group[groups + 1] ?? "";
      return problems === "" ? said : `${said}（${problems}）`;
    },
  ];
}

/** Parts that have a list or another part inside. */
const FRAMES: Part[] = [
  [/^never seen: (.*)$/s, ([, list]) => `一度も観測されなかったもの：${list}`],
  [/^not exercised: (.*)$/s, ([, rest = ""]) => inJapanese(rest) ?? `実施の機会がなかったもの：${rest}`],
  [/^not seen red: (.*)$/s, ([, list]) => `検出できなかった意図的な誤り：${list}`],
  [/^the check itself failed: (.*)$/s, ([, why]) => `検査そのものが失敗（${why}）`],
  [
    /^p\d+ .* \(at most .*\)$/s,
    ([all = ""]) =>
      all
        .replace(/(p\d+) (.+?) \(at most (.+?)\)/g, "$1 は $2（目標 $3 以下）")
        .replaceAll(", ", "、")
        .replaceAll("never", "応答なし"),
  ],
];

const PARTS: Part[] = [
  ...FRAMES,
  part("# {answer|answers} showed people their own data", "本人のデータを表示した応答 {1} 件"),
  part(
    "# of # {mail|mails}, to # of # {member|members}, did so",
    "メール {2} 通のうち {1} 通が本人のデータ（登録者 {4} 人のうち {3} 人宛て）",
  ),
  part(
    "# {mail went to an address|mails went to addresses} of nobody in this run",
    "この実行の誰のものでもないアドレス宛てのメールが {1} 通",
  ),
  part(
    "# {time|times} an answer or a mail carried what its reader did not send",
    "受け取った人が送っていない内容を含む応答またはメールが {1} 件",
  ),
  part("# {answer or mail|answers or mails} could not be read", "読み取れない応答またはメールが {1} 件"),
  part("# {answer|answers} could not be read", "読み取れない応答が {1} 件"),
  part(
    "# {member ID was|member IDs were} acknowledged to # {person|people}",
    "会員 ID {1} 件を {2} 人に発行",
  ),
  part("# {member ID belongs|member IDs belong} to two people", "二人に発行された会員 ID が {1} 件"),
  part("# {ID|IDs} could not be told", "判別できない ID が {1} 件"),
  part(
    "# of # acknowledged {member was|members were} found again",
    "登録が完了した {2} 人のうち {1} 人を確認",
  ),
  part(
    "# of # acknowledged {member was|members were} found again, # of them late",
    "登録が完了した {2} 人のうち {1} 人を確認（うち {3} 人は所定の時間より遅れて確認）",
  ),
  part(
    "# acknowledged {member is|members are} missing or not as sent",
    "見つからない、または内容が異なる登録が {1} 件",
  ),
  part("# acknowledged {member|members} could not be looked for", "確認できなかった登録が {1} 件"),
  part(
    "# {signup was|signups were} answered, # of them with no acknowledgement",
    "登録の申し込みへの応答 {1} 件（うち登録完了でないもの {2} 件）",
  ),
  part("# {ID has no member behind it|IDs have no member behind them}", "会員の実体がない ID が {1} 件"),
  part("# {case|cases} of a second attempt or a shared address", "再度の申し込みまたはアドレスの共有 {1} 件"),
  part(
    "# {person, address or key|people, addresses or keys} became two members",
    "二重に登録された人・アドレス・キーが {1} 件",
  ),
  part("# {case|cases} stayed open", "結論の出ない事例が {1} 件"),
  part(
    "nobody signed up twice, shared an address or a key",
    "再度の申し込みやアドレス・キーの共有が発生しなかったため、対象外",
  ),
  part("# {ID was|IDs were} looked at", "調べた ID {1} 件"),
  part(
    "# {answer|answers} carried a malformed ID, or none where one is due",
    "ID の形式が正しくない、または必要な ID がない応答が {1} 件",
  ),
  part("# {ID|IDs} could not be read", "読み取れない ID が {1} 件"),
  part(
    "# {person was|people were} told to wait or to go, 95 % of them within ~",
    "待機または見送りの案内を受けた人 {1} 人（その 95 % は {2} 以内に案内）",
  ),
  part(
    "# came back and {was|were} let in, 95 % of them within ~ of the time first told",
    "再訪して受け付けられた人 {1} 人（その 95 % は最初に案内した時刻との差が {2} 以内）",
  ),
  part("nobody was due to be let in", "再訪の時刻が来た人はなし"),
  part("their times to come back were spread", "案内した再訪の時刻は分散していた"),
  part("too few at once to judge the spread", "同時の人数が少なく、時刻の分散は判定できない"),
  part("# {refusal was|refusals were} not honest", "正しくない案内が {1} 件"),
  part("# {refusal|refusals} could not be read", "読み取れない案内が {1} 件"),
  part("nobody was told to wait or was refused", "待機や見送りの案内が発生しなかったため、対象外"),
  part(
    "# {session given or read|sessions given and reads} without a right one",
    "発行したセッションと、正当なセッションのない閲覧の計 {1} 件",
  ),
  part(
    "# {session was|sessions were} shared, or something was read without a right one",
    "共有されたセッション、または正当なセッションなしに成功した閲覧が {1} 件",
  ),
  part("# {read|reads} could not be told", "判別できない閲覧が {1} 件"),
  part(
    "the target file declares no session, and nobody read without one",
    "対象の定義ファイルにセッションがなく、セッションのない閲覧も発生しなかったため、対象外",
  ),
  part("# {answer|answers} carried personal data", "個人データを含む応答 {1} 件"),
  part("# of them {names|name} a cache or proxy", "うち {1} 件はキャッシュまたはプロキシを経由"),
  part(
    "# {answer|answers} with personal data may be stored by a shared cache",
    "共有キャッシュに保存され得る個人データの応答が {1} 件",
  ),
  part("# {byte of telemetry was|bytes of telemetry were} searched", "調べたログ・計測値 {1} バイト"),
  part("# {time|times} somebody's data stood in telemetry", "ログ・計測値に含まれる個人データが {1} か所"),
  part("# {place|places} could not be searched", "調べられなかった箇所が {1} か所"),
  part(
    "the target file names no logs and no metrics, and none were read",
    "対象の定義ファイルにログ・計測値の指定がないため、対象外",
  ),
  part("# {request|requests}, each in one of # {class|classes}", "リクエスト {1} 件を {2} 種類の結果に分類"),
  part(
    "# {request or counter does|requests or counters do} not add up",
    "件数の合わないリクエストまたは計数が {1} 件",
  ),
  part("# {counter|counters} could not be read", "読み取れない計数が {1} 件"),
  part("# of # planned {visitor is|visitors are} on record", "計画した来訪者 {2} 人のうち {1} 人を記録"),
  part("# {gap or stranger|gaps or strangers} in the history", "記録の欠落または不明な記録が {1} 件"),
  part("# {line|lines} could not be read", "読み取れない行が {1} 行"),
  part(
    "visitors started ~ late at p50, ~ at p99, ~ at most",
    "来訪者の開始の遅れは p50 {1}、p99 {2}、最大 {3}",
  ),
  part("# later than allowed", "許容範囲を超えた遅れ {1} 件"),
  part("# {limit of lateness was|limits of lateness were} passed", "遅れの上限を超えた項目が {1} 件"),
  part("# {start|starts} could not be told", "判別できない開始時刻が {1} 件"),
  part("# answers of steps that worked", "動作した手順の応答 {1} 件"),
  part(
    "~ of visitors had another's signup in flight, ~ by the service's own times",
    "ほかの登録と同時に処理中だった来訪者は {1}（サービス自身の計測では {2}）",
  ),
  part("~ of visitors had another's signup in flight", "ほかの登録と同時に処理中だった来訪者は {1}"),
  part("~ within bursts, the largest of # {person|people}", "同時到着の中では {1}（最大 {2} 人）"),
  part("# told to wait or to go", "待機または見送りの案内 {1} 件"),
  part(
    "# {thing|things} the claim needs did not happen",
    "到達水準に必要な条件のうち満たされなかったものが {1} 件",
  ),
  part("# {thing|things} could not be told", "判別できない条件が {1} 件"),
  part("requests left ~ later than meant at p99", "送信の遅れは p99 {1}"),
  part("the generator lagged ~ at worst", "負荷生成側の遅れは最大 {1}"),
  part("# {sign|signs} that the generator was the bottleneck", "負荷生成側が限界に達した兆候が {1} 件"),
  part("# {lag|lags} could not be told", "判別できない遅れが {1} 件"),
  part("# of # {answer was a refusal|answers were refusals}", "応答 {2} 件のうち見送り {1} 件"),
  part("# {limit was|limits were} passed", "上限を超えた項目が {1} 件"),
  part("# {answer|answers} could not be told", "判別できない応答が {1} 件"),
  part("the wall clock was off its monotonic course by ~ at most", "時計のずれは最大 {1}"),
  part("# {step|steps} of the wall clock", "時計の変更が {1} 回"),
  part("# {look|looks} at the clock failed", "時計の確認の失敗が {1} 回"),
  part("all # deliberate wrong answers of this run came out red", "意図的に混入した誤り {1} 件をすべて検出"),
  part(
    "~ of # due {person was a member|people were members} within ~ (at least ~)",
    "到着予定の {2} 人のうち {1} が {3} 以内に登録完了（目標 {4} 以上）",
  ),
  part("told to wait ~ at the median, let in after ~", "案内した待ち時間の中央値は {1}、実際は {2}"),
  part(
    "# of # {request was|requests were} lost or failed, ~ (at most ~)",
    "リクエスト {2} 件のうち {1} 件が応答なし・失敗、割合 {3}（目標 {4} 以下）",
  ),
  part("nothing after the warm-up to judge", "慣らし運転の後に判定できるものがない"),
  part("# of # {bound was|bounds were} passed", "上限 {2} 件のうち {1} 件を超過"),
  part("the rules were evaluated # {time|times}, at most ~ apart", "規則の評価 {1} 回（間隔は最大 {2}）"),
  part("the rules were evaluated # {time|times}", "規則の評価 {1} 回"),
  part("whom they look at was scraped # {time|times} or more", "監視対象の計測値の取得 {1} 回以上"),
  part("# {sign|signs} that nobody watched", "監視が行われなかった兆候が {1} 件"),
  part("# {alert fired that pages|alerts fired that page} nobody", "呼び出しを伴わない警報 {1} 件"),
  part("# {page was|pages were} not expected", "想定外の呼び出しが {1} 件"),
  part("# {time|times} it cannot be told", "判別できないものが {1} 件"),
  part("# of # demanded {alert|alerts} fired", "必要な警報 {2} 件のうち {1} 件が発報"),
  part("# demanded {alert|alerts} did not fire", "発報しなかった必要な警報が {1} 件"),
  part(
    "# demanded {alert was|alerts were} not seen, and nobody watched",
    "監視が行われず、確認できなかった必要な警報が {1} 件",
  ),
  part("the series that have a bound were not all read", "上限のある系列のうち読み取れないものがある"),
];
