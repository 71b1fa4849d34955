import { describeWith } from "../../loadtests/test/needs.ts";
import { executeRunbooks } from "./execute-runbooks.ts";

describeWith("prometheus", "the runbooks of a service that is not watched as it should be", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    describeWith("curl", "and curl", () => executeRunbooks("plain"));
  });
});
