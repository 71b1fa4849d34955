import { describeWith } from "../../loadtests/test/needs.ts";
import { executeRunbooks } from "./execute-runbooks.ts";

describeWith("prometheus", "the runbooks of a service that mixes people up", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    describeWith("curl", "and curl", () => executeRunbooks("faulty"));
  });
});
