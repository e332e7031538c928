// Calls of @hubspot/api-client, by areas. Each area says of which page of HubSpot's its answers are.
import { runCalls } from "./calls.mjs";
import { associations } from "./associations.mjs";
import { errors } from "./errors.mjs";
import { people } from "./people.mjs";
import { records } from "./records.mjs";
import { account } from "./account.mjs";
import { search } from "./search.mjs";

await runCalls({ ...people, ...records, ...associations, ...account, ...search, ...errors });
