import { describeWith } from "../../loadtests/test/needs.ts";
import { executeRunbooks } from "./execute-runbooks.ts";

describeWith("prometheus", "the runbooks of a service that a probe visits", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    describeWith("curl", "and curl", () => executeRunbooks("probed"));
  });
});
