// A user's whole way by the client that is made from docs/openapi.json: each name and type in here is
// checked against it.

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const { API, SIM, EMAIL, PASSWORD } = process.env as Record<string, string>;
const client = createClient<paths>({ baseUrl: API });

const signedIn = await client.POST("/auth/login", {
  body: { email: EMAIL, password: PASSWORD },
});
assert.ok(signedIn.data);
client.use({
  onRequest({ request }) {
    request.headers.set("Authorization", `Bearer ${signedIn.data.token}`);
  },
});

// An error is typed by the codes that may come here.
const refused = await client.GET("/trakt/recommendations/movies");
assert.ok(refused.error);
const code: components["schemas"]["Code"] = refused.error.code;
assert.equal(code, "not_linked");

const started = await client.POST("/trakt/auth/device", { body: { replace: false } });
assert.ok(started.data);
const { userCode, deviceCode } = started.data;
const approved = await fetch(`${SIM}/_sim/approve`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ user_code: userCode, slug: "sean" }),
});
assert.equal(approved.status, 200);

let linked: components["schemas"]["LinkedFlow"] | undefined;
while (!linked) {
  const checked = await client.POST("/trakt/auth/device/check", { body: { deviceCode } });
  if (checked.data?.success) {
    linked = checked.data;
  } else {
    assert.ok(checked.data?.pending || checked.response.status === 429);
    await wait(Number(checked.response.headers.get("Retry-After")) * 1000);
  }
}
assert.equal(linked.traktSlug, "sean");

const association = await client.GET("/trakt/association");
assert.equal(association.data?.status, "active");

const asked = await client.POST("/trakt/sync");
assert.equal(asked.data?.state, "queued");

const added = await client.POST("/trakt/history", {
  params: { header: { "Idempotency-Key": "flow-1" } },
  body: { movie: { ids: { trakt: 1 } }, watchedAt: "2026-01-31T20:15:00Z" },
});
assert.equal(added.data?.state, "queued");

const history = await client.GET("/trakt/history", {
  params: { query: { type: "movie", limit: 10 } },
});
const play = history.data?.items.find((play) => play.watchedAt === "2026-01-31T20:15:00Z");
assert.equal(play?.movie?.ids.trakt, 1);

// What the document does not have does not compile.
if (process.env["NEVER"]) {
  // @ts-expect-error There is no such route.
  await client.GET("/trakt/nothing");
  // @ts-expect-error A kind that no play is of.
  await client.GET("/trakt/history", { params: { query: { type: "season" } } });
  // @ts-expect-error A handle is needed.
  await client.POST("/trakt/auth/device/check", { body: {} });
  // @ts-expect-error There is no such word.
  assert.equal(association.data?.status, "broken" satisfies components["schemas"]["LinkStatus"]);
}

const ended = await client.DELETE("/trakt/association");
assert.equal(ended.response.status, 204);
const after = await client.GET("/trakt/association");
assert.equal(after.data?.associated, false);
console.log("linked, used, unlinked");
