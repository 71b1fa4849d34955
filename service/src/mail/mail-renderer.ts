import MailComposer from "nodemailer/lib/mail-composer";
import type { SeamContext } from "../seam-context.ts";
import type { SignInCodeOf } from "../sign-in/sign-in-code.ts";
import type { Letter, RenderMail } from "./mail.ts";

/** Every mail is written in both languages, because nobody said which one they read. */
export function createMailRenderer({ config, signInCodeOf }: MailRendererContext): RenderMail {
  const { mailFrom } = config;
  const domain = mailFrom.slice(mailFrom.lastIndexOf("@") + 1);
  return async (letter) => {
    const { subject, text } =
      letter.kind === "confirmation" ? welcome(letter) : codeFor(letter, signInCodeOf);
    const composer = new MailComposer({
      from: mailFrom,
      to: letter.email,
      subject,
      text,
      // One form for every text, so that the guard can read it again.
      textEncoding: "base64",
      // The same at each try: a mail that goes out twice is recognised as one by whoever receives it.
      messageId: `<${letter.id}@${domain}>`,
      // RFC 3834: no vacation notice comes back.
      headers: { "Auto-Submitted": "auto-generated" },
    });
    const raw = await composer.compile().build();
    return { id: letter.id, from: mailFrom, to: letter.email, raw };
  };
}

export type MailRendererContext = Pick<SeamContext, "config" | "signInCodeOf">;

interface Words {
  readonly subject: string;
  readonly text: string;
}

function welcome({ name, kanjiName, number }: Letter): Words {
  return {
    subject: "会員登録が完了しました / You are a member",
    text: `${kanjiName} 様

会員登録ありがとうございます。お客様の会員番号は次のとおりです。
${number}

Dear ${name},

thank you for signing up. Your member number is
${number}
`,
  };
}

function codeFor({ id, name, kanjiName }: Letter, signInCodeOf: SignInCodeOf): Words {
  const code = signInCodeOf(id);
  return {
    subject: "ログイン用コード / Your sign-in code",
    text: `${kanjiName} 様

ログイン用コード: ${code}
10分間、1回だけ使えます。お心当たりがなければ、このメールは破棄してください。

Dear ${name},

your sign-in code: ${code}
It works once, within ten minutes. If you did not ask for it, throw this mail away.
`,
  };
}
