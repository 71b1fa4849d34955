/** How a piece of text is meant; whether it is coloured is the terminal's business. Words carry the meaning, too. */
export type Tone = "plain" | "dim" | "bold" | "good" | "bad" | "look" | "goodFlag" | "badFlag" | "lookFlag";
export type Paint = (tone: Tone, text: string) => string;
