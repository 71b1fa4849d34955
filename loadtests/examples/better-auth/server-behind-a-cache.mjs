import apicache from "apicache";
import { toNodeHandler } from "better-auth/node";
import express from "express";
import { auth, port } from "./auth.mjs";

const app = express();
// The one line that differs from server.mjs. apicache's key is the URL, and /get-session has the same URL for everybody.
app.get("/api/auth/get-session", apicache.middleware("2 seconds"));
app.all("/api/auth/*splat", toNodeHandler(auth));

app.listen(port, "127.0.0.1", () =>
  console.log(`better-auth behind a cache is ready on http://127.0.0.1:${port}`),
);
