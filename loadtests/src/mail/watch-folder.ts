import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../observation/observe-context.ts";
import { UsageError } from "../usage-error.ts";
import type { Mail } from "./mail.ts";
import { parseMail } from "./parse-mail.ts";
import type { MailSource } from "./receive-smtp.ts";

/** A folder is looked at twice a second. A file that has not grown since the last look is whole: events would tell of halves. */
const LOOK_MS = 500;

/**
 * Every .eml file that comes into a folder from now on; a folder that is not there yet may still come. UsageError where it
 * cannot be looked at; later on that is said, and nothing is lost when it can be again. What is there at the end is read
 * whatever it is, and counts as unread where it was still being written.
 */
export async function watchFolder(
  dir: string,
  onMail: (mail: Mail) => void,
  say: (reason: string) => void,
): Promise<MailSource> {
  const known = new Set(await firstFilesIn(dir));
  const closing = new AbortController();
  const reader = createReader(dir, onMail, say);
  /** Files that may not be whole yet, with their sizes at the last look. */
  const growing = new Map<string, number>();
  let isInSight = true;
  const files = async () => {
    try {
      const found = await filesIn(dir);
      isInSight = true;
      // One that was seen and is gone is no less unread.
      return new Set([...growing.keys(), ...found]);
    } catch (error) {
      if (isInSight) say(`The folder of mails ${dir} cannot be looked at: ${reasonOf(error)}.`);
      isInSight = false;
      return [];
    }
  };
  const take = async (file: string) => {
    known.add(file);
    growing.delete(file);
    await reader.read(file);
  };
  const look = async () => {
    for (const file of await files()) {
      if (known.has(file)) continue;
      const size = await reader.sizeOf(file);
      // Many open a file before they write it.
      if (size === null || (size > 0 && size === growing.get(file))) await take(file);
      else growing.set(file, size);
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
    hasUnread: () => reader.hasUnread() || !isInSight,
    async close() {
      closing.abort();
      await watching;
      // What came since the last look came in time.
      await look();
      if (growing.size > 0) await sleep(LOOK_MS);
      for (const [file, before] of [...growing]) {
        const size = await reader.sizeOf(file);
        await take(file);
        if (size !== null && size !== before) reader.miss(file, "it is still being written");
      }
    },
  };
}

/** Reads files of a folder, and counts those in which nobody could look for anything. */
function createReader(dir: string, onMail: (mail: Mail) => void, say: (reason: string) => void) {
  let unread = 0;
  const miss = (file: string, why: string) => {
    unread++;
    say(`The mail ${join(dir, file)} could not be read: ${why}.`);
  };
  return {
    miss,
    hasUnread: () => unread > 0,
    /** Bytes; null where it cannot be told, and reading it will say why. */
    sizeOf: (file: string) =>
      stat(join(dir, file)).then(
        ({ size }) => size,
        () => null,
      ),
    async read(file: string) {
      try {
        const raw = await readFile(join(dir, file));
        const mails = await parseMail(raw, [], raw.length);
        // Whose it is decides what is foreign in it.
        if (mails.length === 0) miss(file, "it names no recipient");
        for (const mail of mails) onMail(mail);
      } catch (error) {
        miss(file, reasonOf(error));
      }
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
