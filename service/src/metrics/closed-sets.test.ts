import { expect, it } from "vitest";
import { METRICS } from "../../../monitoring/catalogue/catalogue.ts";
import { PUSH_OUTCOMES } from "../alert-push/alert-push.ts";
import { type AppParts, createApp } from "../app.ts";
import { REFUSALS } from "../edge/refusals.ts";
import { EXIT_REASONS, WORKER_STATES } from "../fleet/fleet.ts";
import { ANOMALY_KINDS } from "../guard/judge.ts";
import { HALTERS } from "../halt/campaign-state.ts";
import { MAIL_OUTCOMES } from "../mail/mailer.ts";
import { STATUS_OF_CODE } from "../service-error.ts";
import { TICKET_EVENTS } from "../waiting-room/ticket-event.ts";

/** The service's own lists; those that have none take the catalogue's types. */
it.each([
  {
    name: "kinds of anomaly",
    own: ANOMALY_KINDS,
    told: METRICS.crowdproof_anomalies_total.labels.kind,
  },
  {
    name: "error codes",
    own: Object.keys(STATUS_OF_CODE),
    told: METRICS.crowdproof_errors_total.labels.code,
  },
  {
    name: "refusals of the edge",
    own: Object.keys(REFUSALS),
    told: METRICS.crowdproof_edge_refusals_total.labels.reason,
  },
  { name: "ticket events", own: TICKET_EVENTS, told: METRICS.crowdproof_tickets_total.labels.event },
  { name: "halters", own: HALTERS, told: METRICS.crowdproof_halts_total.labels.by },
  { name: "mail outcomes", own: MAIL_OUTCOMES, told: METRICS.crowdproof_mails_total.labels.outcome },
  { name: "push outcomes", own: PUSH_OUTCOMES, told: METRICS.crowdproof_pushes_total.labels.outcome },
  { name: "worker states", own: WORKER_STATES, told: METRICS.crowdproof_workers.labels.state },
  { name: "exit reasons", own: EXIT_REASONS, told: METRICS.crowdproof_worker_exits_total.labels.reason },
  { name: "routes", own: routesOfApp(), told: METRICS.crowdproof_request_seconds.labels.route },
])("the catalogue has the service's $name, all of them and no other", ({ own, told }) => {
  expect([...told].sort()).toEqual([...own].sort());
});

interface Layer {
  readonly route?: { readonly path: string };
  readonly handle?: { readonly stack?: readonly Layer[] };
}

/** Building the app asks nothing of its parts. */
function routesOfApp(): string[] {
  const parts = new Proxy({}, { get: () => () => {} }) as AppParts;
  const { stack } = createApp(parts).router as unknown as { readonly stack: readonly Layer[] };
  const pathsOf = (layers: readonly Layer[]): string[] =>
    layers.flatMap(({ route, handle }) =>
      route === undefined ? pathsOf(handle?.stack ?? []) : [route.path],
    );
  return [...new Set([...pathsOf(stack), "none"])];
}
