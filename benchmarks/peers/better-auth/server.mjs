// better-auth's API-key plugin behind Node's own HTTP server: every request verifies a key, its permission and its rate
// limit. Usage: node server.mjs PORT sqlite|memory COUNT KEYS_FILE
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { getMigrations } from "better-auth/db/migration";
import { apiKey } from "@better-auth/api-key";

const [port, store, count, keysFile] = process.argv.slice(2);

function sqlite() {
  const database = new Database("better-auth.db");
  database.pragma("journal_mode = WAL");
  return database;
}

const options = {
  secret: "a secret of a benchmark, 32 characters",
  baseURL: `http://127.0.0.1:${port}`,
  database:
    store === "memory"
      ? memoryAdapter({ user: [], session: [], account: [], verification: [], apikey: [], rateLimit: [] })
      : sqlite(),
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  logger: { level: "error" },
  plugins: [apiKey({ rateLimit: { enabled: true, timeWindow: 60_000, maxRequests: 500_000_000 } })],
};
if (store === "sqlite") await (await getMigrations(options)).runMigrations();
const auth = betterAuth(options);

const { user } = await auth.api.signUpEmail({
  body: { name: "Ada", email: "ada@example.com", password: "a few unrelated words" },
});
const keys = [];
for (let number = 0; number < Number(count); number += 1) {
  const made = await auth.api.createApiKey({
    body: { userId: user.id, name: `key-${number}`, permissions: { countries: ["read"] } },
  });
  keys.push(made.key);
}
writeFileSync(keysFile, keys.join("\n"));

createServer(async (request, response) => {
  const verified = await auth.api.verifyApiKey({
    body: { key: request.headers["x-api-key"] ?? "", permissions: { countries: ["read"] } },
  });
  const body = JSON.stringify({ allowed: verified.valid, error: verified.error?.code ?? null });
  response.writeHead(verified.valid ? 200 : 401, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
}).listen(Number(port), "127.0.0.1");
