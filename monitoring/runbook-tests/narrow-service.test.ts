import { describeWith } from "../../loadtests/test/needs.ts";
import { executeRunbooks } from "./execute-runbooks.ts";

describeWith("prometheus", "the runbooks of a service whose door is too narrow", () => {
  describeWith("alertmanager", "with Alertmanager", () => {
    describeWith("curl", "and curl", () => executeRunbooks("narrow", { isStageForEach: true }));
  });
});
