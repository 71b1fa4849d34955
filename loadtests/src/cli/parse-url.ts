import { UsageError } from "../usage-error.ts";

/** An http or https URL, for a flag that takes one; without a slash at its end. The usual port is for the example. */
export function webUrl(flag: string, usualPort: number): (text: string) => string {
  return (text) => {
    const url = URL.parse(text);
    // Not shown: it holds a password.
    if (url !== null && !areCredentialsReadable(url)) {
      throw new UsageError(`${flag}: a % in its user or password is written %25 in a URL.`);
    }
    const protocol = url?.protocol;
    if (protocol === "http:" || protocol === "https:") return text.replace(/\/+$/, "");
    throw new UsageError(
      `${flag} ${text}: expected an http or https URL, such as ${flag} http://127.0.0.1:${usualPort}`,
    );
  };
}

/** The same, several with commas. */
export function webUrls(flag: string, usualPort: number): (text: string) => string[] {
  return (text) => text.split(",").map((one) => webUrl(flag, usualPort)(one.trim()));
}

function areCredentialsReadable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username);
    decodeURIComponent(password);
    return true;
  } catch {
    return false;
  }
}
