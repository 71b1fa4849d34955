import type { Database } from "../db/database.ts";
import { readStatement } from "../db/statement.ts";
import type { BookStore, SavedLine } from "./appointment-book.ts";

const LOAD_BOOK = readStatement(import.meta.url, "load-book.sql");
const SAVE_BOOK = readStatement(import.meta.url, "save-book.sql");

/** `keeper`: the same for the same process after a restart, another one for every other. */
export function createSqlBookStore(database: Pick<Database, "query">, keeper: string): BookStore {
  return {
    async load() {
      const [saved] = await database.query<SavedLine>(LOAD_BOOK, [keeper]);
      return saved;
    },
    async save({ book, nextMs, stoodMs, perSecond }) {
      await database.query(SAVE_BOOK, [keeper, book, nextMs, stoodMs, perSecond]);
    },
  };
}
