import { setImmediate as turn } from "node:timers/promises";
import type { Fault } from "../fault.ts";

export const mailBufferReuse: Fault = {
  name: "mail-buffer-reuse",
  incident: "a renderer's output buffer kept between calls: two mails built at once go out with one text",
  breaks: "a mail carries its recipient's data and nobody else's",
  shows: "two mails at once",
  weather: [],
  guard: "blocks",
  isHiddenAlone: true,
  checks: ["reads-own"],
  apply: (seams) => ({
    ...seams,
    createMailRenderer(context) {
      const render = seams.createMailRenderer(context);
      // The bug: it spares the collector a buffer a mail, and belongs to one mail at a time.
      const buffer = Buffer.alloc(BUFFER_BYTES);
      return async (letter) => {
        const mail = await render(letter);
        mail.raw.copy(buffer);
        // Where a signature would be made.
        await turn();
        return { ...mail, raw: buffer.subarray(0, mail.raw.length) };
      };
    },
  }),
};

const BUFFER_BYTES = 65_536;
