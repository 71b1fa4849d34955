import { UsageError } from "../usage-error.ts";

/** An http or https URL, for a flag that takes one; without a slash at its end. */
export function webUrl(flag: string): (text: string) => string {
  return (text) => {
    const protocol = URL.parse(text)?.protocol;
    if (protocol === "http:" || protocol === "https:") return text.replace(/\/+$/, "");
    throw new UsageError(
      `${flag} ${text}: expected an http or https URL, such as ${flag} http://127.0.0.1:9093`,
    );
  };
}

/** The same, several with commas. */
export function webUrls(flag: string): (text: string) => string[] {
  return (text) => text.split(",").map((one) => webUrl(flag)(one.trim()));
}
