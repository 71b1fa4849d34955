import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../observation/observe-context.ts";
import { UsageError } from "../usage-error.ts";
import type { Mail } from "./mail.ts";
import { parseMail } from "./parse-mail.ts";
import type { MailSource } from "./receive-smtp.ts";

/** A folder is looked at twice a second; watching it would tell of half-written files. */
const LOOK_MS = 500;

/**
 * Every .eml file that comes into a folder from now on; a folder that is not there yet may still come. UsageError where it
 * cannot be looked at; later on that is said, and nothing is lost when it can be again.
 */
export async function watchFolder(
  dir: string,
  onMail: (mail: Mail) => void,
  say: (reason: string) => void,
): Promise<MailSource> {
  const known = new Set(await firstFilesIn(dir));
  const closing = new AbortController();
  let unread = 0;
  let isInSight = true;
  const files = async () => {
    try {
      const found = await filesIn(dir);
      isInSight = true;
      return found;
    } catch (error) {
      if (isInSight) say(`The folder of mails ${dir} cannot be looked at: ${reasonOf(error)}.`);
      isInSight = false;
      return [];
    }
  };
  const look = async () => {
    for (const file of await files()) {
      if (known.has(file)) continue;
      known.add(file);
      try {
        const raw = await readFile(join(dir, file));
        for (const mail of await parseMail(raw, [], raw.length)) onMail(mail);
      } catch (error) {
        unread++;
        say(`The mail ${join(dir, file)} could not be read: ${reasonOf(error)}.`);
      }
    }
  };
  const watch = async () => {
    while (!closing.signal.aborted) {
      await look();
      await sleep(LOOK_MS, undefined, { signal: closing.signal }).catch(() => {});
    }
  };
  const watching = watch();
  return {
    hasUnread: () => unread > 0 || !isInSight,
    async close() {
      closing.abort();
      await watching;
      // What came since the last look came in time.
      await look();
    },
  };
}

async function firstFilesIn(dir: string): Promise<string[]> {
  return await filesIn(dir).catch((cause: unknown) => {
    throw new UsageError(
      `sinks.mail.folder of the target file is ${dir}, which cannot be read (${reasonOf(cause)}). Name the folder into which the target writes its mails.`,
      { cause },
    );
  });
}

async function filesIn(dir: string): Promise<string[]> {
  const files = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files.filter((file) => file.endsWith(".eml"));
}
