// Signs what it reads with both public libraries: one line of JSON in, one out.
import { readFileSync } from "node:fs";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";

const { secret, id, at, body } = JSON.parse(readFileSync(0, "utf8"));
const moment = new Date(at * 1000);
console.log(JSON.stringify([new Standard(secret), new Svix(secret)].map((each) => each.sign(id, moment, body))));
