/** Posts a body; null where it was taken, else why not, in a few words without anything of the URL. */
export async function postJson(
  url: string,
  body: string,
  { timeoutMs, token }: { timeoutMs: number; token?: string | undefined },
): Promise<string | null> {
  try {
    const { username, password, ...bare } = splitCredentials(url);
    const authorization =
      token !== undefined
        ? { authorization: `Bearer ${token}` }
        : username === ""
          ? {}
          : { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
    const answer = await fetch(bare.url, {
      method: "POST",
      headers: { "content-type": "application/json", ...authorization },
      body,
      // A redirect would carry the token elsewhere.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    await answer.body?.cancel();
    return answer.ok ? null : `it answered ${answer.status}`;
  } catch (error) {
    return reasonOf(error, timeoutMs);
  }
}

/** fetch refuses a URL with a user in it. */
function splitCredentials(text: string): { url: string; username: string; password: string } {
  const url = new URL(text);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = "";
  url.password = "";
  return { url: url.href, username, password };
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1e3} s`;
  const { cause } = error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code !== "") return code;
  return cause instanceof Error ? cause.message : error.message;
}
