import { z } from "zod";
import { RECEIVER_ROUTES } from "../catalogue/closed-sets.ts";

export type Route = (typeof RECEIVER_ROUTES)[number];

const LABELS = z.record(z.string(), z.string());

/** Alertmanager's webhook, version 4, as far as it is looked at. */
const WEBHOOK = z.object({
  version: z.literal("4"),
  receiver: z.string(),
  status: z.enum(["firing", "resolved"]),
  groupLabels: LABELS,
  truncatedAlerts: z.number().default(0),
  alerts: z.array(
    z.object({
      status: z.enum(["firing", "resolved"]),
      labels: LABELS,
      annotations: LABELS.default({}),
      startsAt: z.string(),
      endsAt: z.string(),
      fingerprint: z.string().default(""),
    }),
  ),
});

/** One delivery of Alertmanager, as `GET /notifications` shows it. */
export interface Notification extends Omit<z.infer<typeof WEBHOOK>, "version"> {
  readonly route: Route;
  /** Wall clock of the receiver, in milliseconds since 1970. */
  readonly receivedAtMs: number;
}
export type ToldAlert = Notification["alerts"][number];

export function routeOf(path: string): Route | undefined {
  return RECEIVER_ROUTES.find((route) => path === `/${route}`);
}

/** Undefined for what is not Alertmanager's webhook. */
export function readNotification(
  route: Route,
  body: unknown,
  receivedAtMs: number,
): Notification | undefined {
  const parsed = WEBHOOK.safeParse(body);
  if (!parsed.success) return undefined;
  const { version: _, ...webhook } = parsed.data;
  return { route, receivedAtMs, ...webhook };
}
