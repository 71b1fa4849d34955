import { z } from "zod";
import { BLAST_RADIUS_SCHEMA } from "../src/blast-radius/blast-radius-schema.ts";
import { campaignSchema } from "../src/campaign/campaign.ts";
import { EVENT_SCHEMA } from "../src/events/event-schema.ts";
import { targetFileSchema } from "../src/target/target-file.ts";
import { VERDICT_SCHEMA } from "../src/verdict/verdict-schema.ts";

/** File beside this one → the schema it is generated from, as a person or an editor writes documents for it. */
export const PUBLISHED_SCHEMAS: Record<string, { title: string; schema: z.ZodType }> = {
  "campaign.schema.json": { title: "Crowdproof campaign", schema: campaignSchema },
  "target.schema.json": { title: "Crowdproof target", schema: targetFileSchema },
  "event.schema.json": { title: "Crowdproof event, one line of events.ndjson", schema: EVENT_SCHEMA },
  "verdict.schema.json": { title: "Crowdproof verdict, verdict.json", schema: VERDICT_SCHEMA },
  "blast-radius.schema.json": { title: "Crowdproof blast radius", schema: BLAST_RADIUS_SCHEMA },
};

/** The text of one published JSON Schema (draft 2020-12); the same bytes each time. */
export function publishedText({ title, schema }: { title: string; schema: z.ZodType }): string {
  // What is written into a document, before defaults: a key with a default may be left out.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`;
}
