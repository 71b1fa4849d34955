import { toNodeHandler } from "better-auth/node";
import express from "express";
import { auth, port } from "./auth.mjs";

const app = express();
app.all("/api/auth/*splat", toNodeHandler(auth));

app.listen(port, "127.0.0.1", () => console.log(`better-auth is ready on http://127.0.0.1:${port}`));
