// Calls of jsforce. Names of pages are those of Salesforce's REST API Developer Guide and SOQL
// Reference unless said.
import assert from "node:assert/strict";

import { SfDate } from "jsforce";

import { control, failsWith, runCalls } from "./calls.mjs";
import { addFields, addUser, APP, assertion, BASE, connection, loggedIn, refused, VERSION } from "./org.mjs";

const NEVER = { headers: { "Sforce-Auto-Assign": "FALSE" } };
const conn = await loggedIn();
const REP = await addUser(1, true);
const GONE = await addUser(2, false);
await addFields(conn, {
  Key__c: { type: "Text", label: "Key", length: 64, unique: true, externalId: true },
  Score__c: { type: "Number", label: "Score", precision: 18, scale: 0 },
  Grade__c: {
    type: "Picklist", label: "Grade",
    valueSet: { restricted: true, valueSetDefinition: { value: [{ fullName: "A" }, { fullName: "B" }] } },
  },
  Notes__c: { type: "LongTextArea", label: "Notes", length: 32768, visibleLines: 3 },
});

let number = 0;
const person = (more = {}) => {
  number += 1;
  return { LastName: `Byron ${number}`, Company: "Acme", Email: `p${number}@acme.test`, ...more };
};
const add = async (more = {}, options = NEVER) => (await conn.sobject("Lead").create(person(more), options)).id;
const lead = (id) => conn.sobject("Lead").retrieve(id);
const soql = (text, more) => conn.query(text, more);
const stored = async (kind, id) =>
  (await control("GET", `/objects/salesforce.${kind}`)).find((row) => row.Id === id);

for (const [city, employees] of [["Oslo", 10], ["Bergen", 20], ["Oslo", 30], [null, null]]) {
  await add({ LastName: "Query", City: city, NumberOfEmployees: employees, Company: "Soql" });
}
const OF = "FROM Lead WHERE Company = 'Soql'";
const accounts = await conn.sobject("Account").create([{ Name: "Parent" }, { Name: "Childless" }]);
const CONTACT = (await conn.sobject("Contact").create({ LastName: "Contact", AccountId: accounts[0].id, Email: "c@acme.test" })).id;

const login = {
  "client credentials: token, instance and who it is (OAuth 2.0 Client Credentials Flow)": async () => {
    const fresh = connection();
    const user = await fresh.authorize({ grant_type: "client_credentials" });
    assert.equal(fresh.instanceUrl, BASE);
    assert.match(user.id, /^005/);
    assert.match(user.organizationId, /^00D.{15}$/);
  },
  "a wrong secret is invalid_client, a wrong app invalid_client_id (OAuth 2.0 Flow Errors)": async () => {
    const wrong = (oauth2) => () => connection({ oauth2: { ...APP, ...oauth2 } }).authorize({ grant_type: "client_credentials" });
    await refused(wrong({ clientSecret: "x" }), "invalid_client");
    await refused(wrong({ clientId: "x" }), "invalid_client_id");
  },
  "an unknown flow is unsupported_grant_type": () =>
    refused(() => connection().authorize({ grant_type: "poem" }), "unsupported_grant_type"),
  "user name and password log in by OAuth (OAuth 2.0 Username-Password Flow)": async () => {
    const fresh = connection();
    const user = await fresh.login("user1@acme.test", "sandbox-password");
    assert.equal(user.id, REP);
    await refused(() => connection().login("user1@acme.test", "wrong"), "invalid_grant", /authentication failure/);
    await refused(() => connection().login("user2@acme.test", "sandbox-password"), "inactive_user");
  },
  "a signed JWT logs in (OAuth 2.0 JWT Bearer Flow)": async () => {
    const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer" };
    const fresh = connection();
    await fresh.authorize({ ...grant, assertion: assertion() });
    assert.equal((await fresh.query("SELECT Id FROM User LIMIT 1")).records.length, 1);
    const wrong = (claims) => () => connection().authorize({ ...grant, assertion: assertion(claims) });
    await refused(wrong({ aud: "https://example.com" }), "invalid_grant", /audience/);
    await refused(wrong({ exp: 1 }), "invalid_grant", /expired/);
    await refused(wrong({ sub: "nobody@acme.test" }), "invalid_grant", /approved/);
  },
  "a revoked token is INVALID_SESSION_ID (Revoke OAuth Tokens)": async () => {
    const fresh = await loggedIn();
    await fresh.oauth2.revokeToken(fresh.accessToken);
    const ended = connection({ oauth2: undefined, instanceUrl: BASE, accessToken: fresh.accessToken });
    await refused(() => ended.query("SELECT Id FROM Lead LIMIT 1"), "INVALID_SESSION_ID", /Session expired or invalid/);
  },
  "an ended session is renewed once, and the call goes on": async () => {
    let renewed = 0;
    const fresh = connection({
      instanceUrl: BASE, accessToken: "ended",
      refreshFn: async (_conn, done) => {
        renewed += 1;
        done(null, (await loggedIn()).accessToken);
      },
    });
    assert.equal((await fresh.query("SELECT Id FROM User LIMIT 1")).totalSize, 1);
    assert.equal(renewed, 1);
  },
  "identity says who it is (Identity URLs)": async () => {
    const who = await conn.identity();
    assert.equal(who.username, "integration@acme.test");
    assert.equal(who.user_id, conn.userInfo.id);
    const other = connection({ instanceUrl: BASE, accessToken: conn.accessToken });
    assert.equal((await other.identity()).organization_id, who.organization_id);
  },
};

const about = {
  "versions need no token (Versions)": async () => {
    const versions = await connection({ instanceUrl: BASE }).request("/services/data");
    assert.equal(versions.at(-1).version, VERSION);
    assert.equal(versions.at(-1).url, `/services/data/v${VERSION}`);
  },
  "a version that is retired or not yet there is refused": async () => {
    await refused(() => conn.request("/services/data/v20.0/sobjects"), "UNSUPPORTED_API_VERSION");
    await refused(() => conn.request("/services/data/v99.0/sobjects"), "NOT_FOUND");
  },
  "resources of a version (Resources by Version)": async () => {
    assert.equal((await conn.request("/")).query, `/services/data/v${VERSION}/query`);
  },
  "limits tell the day's calls (Limits)": async () => {
    const { DailyApiRequests } = await conn.limits();
    assert.ok(DailyApiRequests.Remaining < DailyApiRequests.Max);
    assert.equal(conn.limitInfo.apiUsage.limit, DailyApiRequests.Max);
  },
  "describeGlobal lists objects (Describe Global)": async () => {
    const { sobjects } = await conn.describeGlobal();
    const found = sobjects.find((one) => one.name === "Lead");
    assert.equal(found.keyPrefix, "00Q");
    assert.equal(found.createable, true);
    assert.ok(found.urls.describe.endsWith("/sobjects/Lead/describe"));
  },
  "describe tells types, lengths and picklists (sObject Describe)": async () => {
    const { fields, childRelationships } = await conn.sobject("Lead").describe();
    const field = (name) => fields.find((one) => one.name === name);
    assert.equal(field("Email").type, "email");
    assert.equal(field("LastName").length, 80);
    assert.equal(field("LastName").nillable, false);
    assert.equal(field("NumberOfEmployees").type, "int");
    assert.equal(field("OwnerId").type, "reference");
    assert.equal(field("Description").filterable, false);
    assert.deepEqual(field("Grade__c").picklistValues.map((one) => one.value), ["A", "B"]);
    assert.equal(field("Key__c").externalId, true);
    assert.ok(childRelationships.some((one) => one.relationshipName === "Tasks"));
  },
  "describe of nothing is NOT_FOUND": () => refused(() => conn.describe("Poem"), "NOT_FOUND"),
  "recent shows what was changed last (Recently Viewed Items)": async () => {
    const id = await add();
    assert.equal((await conn.recent(undefined, 1))[0].Id, id);
    const [first] = await conn.sobject("Lead").recent();
    assert.equal(first.Id, id);
    assert.equal(first.attributes.type, "Lead");
  },
  "updated and deleted of a span (sObject Get Updated, Get Deleted)": async () => {
    const [kept, gone] = [await add(), await add()];
    await conn.sobject("Lead").destroy(gone);
    const span = [new Date(Date.now() - 3600_000).toISOString(), new Date(Date.now() + 3600_000).toISOString()];
    assert.ok((await conn.sobject("Lead").updated(...span)).ids.includes(kept));
    const { deletedRecords } = await conn.sobject("Lead").deleted(...span);
    assert.ok(deletedRecords.some((one) => one.id === gone));
    const long = [new Date(Date.now() - 40 * 86400_000).toISOString(), span[1]];
    await refused(() => conn.sobject("Lead").updated(...long), "INVALID_REPLICATION_DATE");
  },
  "tooling: query of custom fields and objects (Tooling API)": async () => {
    const fields = await conn.tooling.query("SELECT Id, DeveloperName FROM CustomField WHERE TableEnumOrId = 'Lead'");
    assert.ok(fields.records.map((one) => one.DeveloperName).includes("Score"));
    const entities = await conn.tooling.query("SELECT QualifiedApiName, KeyPrefix FROM EntityDefinition WHERE QualifiedApiName = 'Contact'");
    assert.equal(entities.records[0].KeyPrefix, "003");
    await refused(() => conn.tooling.query("SELECT Id FROM Lead"), "INVALID_TYPE");
  },
  "tooling: describeGlobal, retrieve and a field twice": async () => {
    assert.ok((await conn.tooling.describeGlobal()).sobjects.some((one) => one.name === "CustomField"));
    const { records: [field] } = await conn.tooling.query("SELECT Id FROM CustomField WHERE DeveloperName = 'Score' LIMIT 1");
    assert.equal((await conn.tooling.sobject("CustomField").retrieve(field.Id)).FullName, "Lead.Score__c");
    const again = { FullName: "Lead.Score__c", Metadata: { type: "Text", label: "x", length: 10 } };
    await refused(() => conn.tooling.sobject("CustomField").create(again), "DUPLICATE_DEVELOPER_NAME");
  },
};

const queries = {
  "query selects, filters and names the records": async () => {
    const { records, totalSize, done } = await soql(`SELECT Id, LastName, City ${OF} AND City = 'oslo'`);
    assert.equal(totalSize, 2);
    assert.equal(done, true);
    assert.equal(records[0].attributes.type, "Lead");
    assert.ok(records[0].attributes.url.endsWith(`/sobjects/Lead/${records[0].Id}`));
  },
  "ORDER BY, nulls first unless said, LIMIT and OFFSET": async () => {
    const cities = async (rest) => (await soql(`SELECT City, NumberOfEmployees ${OF} ${rest}`)).records.map((row) => row.NumberOfEmployees);
    assert.deepEqual(await cities("ORDER BY NumberOfEmployees"), [null, 10, 20, 30]);
    assert.deepEqual(await cities("ORDER BY NumberOfEmployees DESC NULLS LAST"), [30, 20, 10, null]);
    assert.deepEqual(await cities("ORDER BY City NULLS LAST, NumberOfEmployees DESC LIMIT 2 OFFSET 1"), [30, 10]);
    await refused(() => cities("OFFSET 2001"), "NUMBER_OUTSIDE_VALID_RANGE");
  },
  "IN, NOT IN, LIKE, NOT": async () => {
    const count = async (where) => (await soql(`SELECT Id ${OF} AND ${where}`)).totalSize;
    assert.equal(await count("City IN ('Oslo', 'Bergen')"), 3);
    assert.equal(await count("City NOT IN ('Oslo')"), 2);
    assert.equal(await count("City LIKE 'Os%'"), 2);
    assert.equal(await count("City LIKE '_ergen'"), 1);
    assert.equal(await count("(NOT City LIKE 'Os%')"), 2);
    assert.equal(await count("City = null"), 1);
    assert.equal(await count("NumberOfEmployees >= 20"), 2);
  },
  "AND and OR beside one another need brackets (Logical Operators)": async () => {
    await refused(() => soql("SELECT Id FROM Lead WHERE City = 'Oslo' AND City = 'x' OR City = 'y'"), "MALFORMED_QUERY", /unexpected token: 'OR'/);
    assert.equal((await soql(`SELECT Id ${OF} AND (City = 'Bergen' OR City = 'Oslo')`)).totalSize, 3);
  },
  "dates and date literals (Date Formats and Date Literals)": async () => {
    const count = async (where) => (await soql(`SELECT Id ${OF} AND ${where}`)).totalSize;
    const hour = (by) => new Date(Date.now() + by * 3600_000).toISOString().replace(/\.\d+Z/, "Z");
    assert.equal(await count(`CreatedDate > ${hour(-1)}`), 4);
    assert.equal(await count(`CreatedDate > ${hour(1)}`), 0);
    assert.equal(await count("CreatedDate >= LAST_N_DAYS:2"), 4);
    assert.equal(await count("CreatedDate < LAST_N_DAYS:2"), 0);
    assert.equal(await count("CreatedDate = THIS_YEAR"), 4);
    await refused(() => soql(`SELECT Id ${OF} AND CreatedDate > '2026-01-01T00:00:00Z'`), "INVALID_FIELD", /must be of type dateTime and should not be enclosed in quotes/);
  },
  "values of another type are refused": async () => {
    await refused(() => soql("SELECT Id FROM Lead WHERE City = 5"), "INVALID_FIELD", /should be enclosed in quotes/);
    await refused(() => soql("SELECT Id FROM Lead WHERE NumberOfEmployees = '5'"), "INVALID_FIELD", /should not be enclosed/);
    await refused(() => soql("SELECT Id FROM Lead WHERE Id = 'x'"), "INVALID_QUERY_FILTER_OPERATOR", /invalid ID field: x/);
    await refused(() => soql("SELECT Id FROM Lead WHERE Notes__c = 'x'"), "INVALID_FIELD", /can not be filtered/);
    await refused(() => soql("SELECT Id FROM Lead WHERE NumberOfEmployees LIKE '5'"), "INVALID_QUERY_FILTER_OPERATOR");
  },
  "an apostrophe and a backslash are escaped, another escape is refused (Quoted String Escape Sequences)": async () => {
    const id = await add({ LastName: "O'Neil \\ Söhne" });
    assert.equal((await soql("SELECT Id FROM Lead WHERE LastName = 'O\\'Neil \\\\ Söhne'")).records[0].Id, id);
    await refused(() => soql("SELECT Id FROM Lead WHERE LastName = 'a\\x'"), "MALFORMED_QUERY", /Escape/);
  },
  "what isn't SOQL is MALFORMED_QUERY": async () => {
    await refused(() => soql("SELECT FROM Lead"), "MALFORMED_QUERY");
    await refused(() => soql("SELECT Id FROM Lead WHERE"), "MALFORMED_QUERY");
    await refused(() => soql("SELECT * FROM Lead"), "MALFORMED_QUERY");
    await refused(() => soql("SELECT Id, Id FROM Lead"), "MALFORMED_QUERY", /duplicate field selected: Id/);
  },
  "an unknown object is INVALID_TYPE, an unknown field INVALID_FIELD": async () => {
    await refused(() => soql("SELECT Id FROM Poem"), "INVALID_TYPE");
    await refused(() => soql("SELECT Rhyme__c FROM Lead"), "INVALID_FIELD", /No such column 'Rhyme__c'/);
  },
  "count() has a size and no records (COUNT())": async () => {
    const found = await soql(`SELECT COUNT() ${OF}`);
    assert.deepEqual([found.totalSize, found.records.length, found.done], [4, 0, true]);
    assert.equal(await conn.sobject("Lead").count({ Company: "Soql" }), 4);
    await refused(() => soql("SELECT COUNT(), Id FROM Lead"), "MALFORMED_QUERY");
  },
  "aggregates by group, with HAVING and aliases (GROUP BY)": async () => {
    const { records } = await soql(`SELECT City, COUNT(Id), SUM(NumberOfEmployees) staff ${OF} AND City != null GROUP BY City ORDER BY City`);
    assert.deepEqual(records.map(({ City, expr0, staff }) => [City, expr0, staff]), [["Bergen", 1, 20], ["Oslo", 2, 40]]);
    assert.equal(records[0].attributes.type, "AggregateResult");
    const owners = await soql(`SELECT Owner.Name, COUNT(Id) ${OF} GROUP BY Owner.Name ORDER BY Owner.Name, COUNT(Id) DESC`);
    assert.deepEqual(owners.records.map(({ Name, expr0 }) => [Name, expr0]), [["Integration", 4]]);
    const having = await soql(`SELECT City ${OF} GROUP BY City HAVING COUNT(Id) > 1`);
    assert.deepEqual(having.records.map((row) => row.City), ["Oslo"]);
    const all = await soql(`SELECT MAX(NumberOfEmployees), MIN(NumberOfEmployees), AVG(NumberOfEmployees), COUNT_DISTINCT(City) ${OF}`);
    assert.deepEqual([0, 1, 2, 3].map((n) => all.records[0][`expr${n}`]), [30, 10, 20, 2]);
  },
  "a field that is neither grouped nor aggregated is refused": async () => {
    await refused(() => soql("SELECT City, COUNT(Id) FROM Lead"), "MALFORMED_QUERY", /must be grouped or aggregated: City/);
    await refused(() => soql("SELECT MAX(CreatedDate) FROM Lead LIMIT 1"), "MALFORMED_QUERY");
    await refused(() => soql("SELECT SUM(City) FROM Lead"), "MALFORMED_QUERY");
  },
  "parents by a path, children by a subquery, semi-joins (Relationship Queries)": async () => {
    const { records: [row] } = await soql(`SELECT Account.Name, Owner.Name, Owner.Type FROM Contact WHERE Id = '${CONTACT}'`);
    assert.equal(row.Account.Name, "Parent");
    assert.equal(row.Owner.Type, "User");
    const { records: [parent] } = await soql(`SELECT Name, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '${accounts[0].id}'`);
    assert.deepEqual(parent.Contacts.records.map((one) => one.LastName), ["Contact"]);
    assert.equal((await soql(`SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact)`)).totalSize, 1);
    assert.equal((await soql(`SELECT (SELECT Id FROM Contacts) FROM Account WHERE Id = '${accounts[1].id}'`)).records[0].Contacts, null);
  },
  "FIELDS() selects groups of fields, ALL with a LIMIT of 200 (FIELDS())": async () => {
    const { records: [row] } = await soql(`SELECT FIELDS(ALL) ${OF} LIMIT 1`);
    assert.ok("Key__c" in row && "Company" in row);
    await refused(() => soql(`SELECT FIELDS(ALL) ${OF}`), "MALFORMED_QUERY");
  },
  "an id of fifteen characters is the same record": async () => {
    const id = await add();
    const short = id.slice(0, 15);
    assert.equal((await soql(`SELECT Id FROM Lead WHERE Id = '${short}'`)).records[0].Id, id);
    assert.equal((await soql(`SELECT Id FROM Lead WHERE Id IN ('${short}')`)).totalSize, 1);
    assert.equal((await lead(short)).Id, id);
    assert.equal((await conn.sobject("Lead").update({ Id: short, City: "Rome" })).success, true);
    assert.equal((await lead(id)).City, "Rome");
    const [task] = await conn.sobject("Task").create([{ WhoId: short, Subject: "Call" }]);
    assert.equal((await conn.sobject("Task").retrieve(task.id)).WhoId, id);
  },
  "pages by queryMore, and all of them by autoFetch (Query More Results)": async () => {
    const many = Array.from({ length: 450 }, () => ({ LastName: "Page", Company: "Pages" }));
    await conn.sobject("Lead").create(many, { ...NEVER, allowRecursive: true });
    const text = "SELECT Id FROM Lead WHERE Company = 'Pages'";
    const batch = { headers: { "Sforce-Query-Options": "batchSize=200" } };
    const first = await soql(text, batch);
    assert.deepEqual([first.done, first.records.length, first.totalSize], [false, 200, 450]);
    const second = await conn.queryMore(first.nextRecordsUrl, batch);
    assert.equal(second.records.length, 200);
    assert.equal((await soql(text, { autoFetch: true, maxFetch: 1000, ...batch })).records.length, 450);
    await refused(() => conn.queryMore("01gnonsense-200"), "INVALID_QUERY_LOCATOR");
  },
  "queryAll shows the recycle bin (QueryAll)": async () => {
    const id = await add();
    await conn.sobject("Lead").destroy(id);
    const text = `SELECT Id, IsDeleted FROM Lead WHERE Id = '${id}'`;
    assert.equal((await soql(text)).totalSize, 0);
    assert.equal((await soql(text, { scanAll: true })).records[0].IsDeleted, true);
  },
  "find builds SOQL from conditions": async () => {
    const found = await conn.sobject("Lead").find({ Company: "Soql", NumberOfEmployees: { $gt: 10 } }, ["LastName"]).sort({ NumberOfEmployees: -1 }).limit(1);
    assert.equal(found.length, 1);
    const hourAgo = SfDate.toDateTimeLiteral(new Date(Date.now() - 3600_000));
    const likes = await conn.sobject("Lead").find({ City: { $like: "Os%" }, Company: "Soql", CreatedDate: { $gte: hourAgo } }).execute();
    assert.equal(likes.length, 2);
  },
};

const writes = {
  "create answers an id of eighteen characters; retrieve shows it": async () => {
    const made = await conn.sobject("Lead").create(person({ City: "Paris" }), NEVER);
    assert.deepEqual([made.success, made.errors], [true, []]);
    assert.match(made.id, /^00Q.{15}$/);
    const found = await lead(made.id);
    assert.equal(found.City, "Paris");
    assert.equal(found.Status, "Open - Not Contacted");
    assert.equal(found.OwnerId, conn.userInfo.id);
  },
  "an assignment rule takes the owner unless told (Assignment Rule Header)": async () => {
    assert.match((await lead(await add({}, {}))).OwnerId, /^00G/);
    assert.equal((await lead(await add({ OwnerId: REP }, NEVER))).OwnerId, REP);
  },
  "required fields are named": async () => {
    await refused(() => conn.sobject("Lead").create({ LastName: "x" }), "REQUIRED_FIELD_MISSING", /\[Company\]/);
    const id = await add();
    await refused(() => conn.sobject("Lead").update({ Id: id, LastName: "" }), "REQUIRED_FIELD_MISSING", /\[LastName\]/);
  },
  "a text that is too long is STRING_TOO_LONG": () =>
    refused(() => add({ LastName: "x".repeat(81) }), "STRING_TOO_LONG", /max length=80/),
  "a value that a restricted picklist lacks is refused": () =>
    refused(() => add({ Grade__c: "C" }), "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", /bad value for restricted picklist field: C/),
  "values of a wrong type are refused": async () => {
    await refused(() => add({ NumberOfEmployees: "many" }), "JSON_PARSER_ERROR");
    await refused(() => add({ HasOptedOutOfEmail: "perhaps" }), "JSON_PARSER_ERROR");
    await refused(() => add({ Email: "no address" }), "INVALID_EMAIL_ADDRESS");
  },
  "a field that isn't there, and one that can't be written": async () => {
    await refused(() => add({ Rhyme__c: 1 }), "INVALID_FIELD", /No such column 'Rhyme__c'/);
    await refused(() => add({ IsConverted: true }), "INVALID_FIELD_FOR_INSERT_UPDATE");
  },
  "owners who left or aren't there are refused": async () => {
    await refused(() => add({ OwnerId: GONE }), "INACTIVE_OWNER_OR_USER");
    await refused(() => add({ OwnerId: "005Sx0000000009AAA" }), "INVALID_CROSS_REFERENCE_KEY");
  },
  "references of another object or to nothing are refused": async () => {
    const task = (WhoId) => conn.sobject("Task").create({ WhoId, Subject: "Call" });
    await refused(() => task(accounts[0].id), "MALFORMED_ID");
    await refused(() => task("00QSb9999999999AAA"), "INVALID_CROSS_REFERENCE_KEY");
  },
  "update by id, and of nothing": async () => {
    const id = await add();
    assert.deepEqual(await conn.sobject("Lead").update({ Id: id, Title: "CEO" }), { id, success: true, errors: [] });
    await refused(() => conn.sobject("Lead").update({ Id: "00QSb9999999999AAA", Title: "x" }), "NOT_FOUND");
    await refused(() => conn.sobject("Lead").update({ Id: CONTACT, Title: "x" }), "MALFORMED_ID");
  },
  "upsert by an external id makes, then changes (Upsert a Record)": async () => {
    const made = await conn.sobject("Lead").upsert(person({ Key__c: "up-1" }), "Key__c", NEVER);
    assert.equal(made.created, true);
    const again = await conn.sobject("Lead").upsert({ Key__c: "up-1", City: "Kiel" }, "Key__c", NEVER);
    assert.deepEqual([again.created, again.id], [false, made.id]);
    await refused(() => conn.sobject("Lead").upsert({ City: "x", LastName: "x" }, "City"), "INVALID_FIELD", /external ID field/);
  },
  "a value of a unique field that another has is DUPLICATE_VALUE": async () => {
    await add({ Key__c: "twin" });
    await refused(() => add({ Key__c: "TWIN" }), "DUPLICATE_VALUE", /duplicate value found/);
  },
  "destroy, once": async () => {
    const id = await add();
    assert.equal((await conn.sobject("Lead").destroy(id)).success, true);
    await refused(() => conn.sobject("Lead").destroy(id), "ENTITY_IS_DELETED");
    await refused(() => lead(id), "ENTITY_IS_DELETED");
    await refused(() => conn.sobject("Lead").update({ Id: id, City: "x" }), "ENTITY_IS_DELETED");
  },
  "a merged record is gone, and names its master (MasterRecordId)": async () => {
    const [master, lost] = [await add(), await add()];
    await control("POST", `/objects/salesforce.Lead/${lost}`, { ...(await stored("Lead", lost)), IsDeleted: true, MasterRecordId: master });
    await refused(() => lead(lost), "ENTITY_IS_DELETED");
    const { records: [row] } = await soql(`SELECT MasterRecordId FROM Lead WHERE Id = '${lost}'`, { scanAll: true });
    assert.equal(row.MasterRecordId, master);
  },
  "a converted lead can't be changed": async () => {
    const id = await add();
    await control("POST", `/objects/salesforce.Lead/${id}`, { ...(await stored("Lead", id)), IsConverted: true, ConvertedContactId: CONTACT });
    await refused(() => conn.sobject("Lead").update({ Id: id, City: "x" }), "CANNOT_UPDATE_CONVERTED_LEAD", /cannot reference converted lead/);
    assert.equal((await lead(id)).ConvertedContactId, CONTACT);
  },
  "a duplicate is refused and the record named (Duplicate Rule Header)": async () => {
    const Email = "twice@acme.test";
    const id = await add({ Email });
    await failsWith(() => add({ Email }), (error) => {
      assert.equal(error.errorCode, "DUPLICATES_DETECTED");
      const found = error.data.duplicateResut;
      assert.equal(found.allowSave, true);
      assert.equal(found.matchResults[0].matchRecords[0].record.Id, id);
    });
    await refused(() => conn.sobject("Contact").create({ LastName: "x", Email }), "DUPLICATES_DETECTED");
  },
  "allowSave passes an alert from version 52 on, a block never": async () => {
    const Email = "thrice@acme.test";
    const allow = { headers: { "Sforce-Duplicate-Rule-Header": "allowSave=true", ...NEVER.headers } };
    await add({ Email });
    assert.match(await add({ Email }, allow), /^00Q/);
    const old = await loggedIn({ version: "51.0" });
    await refused(() => old.sobject("Lead").create(person({ Email }), allow), "DUPLICATES_DETECTED");
    await control("POST", "/objects/control/duplicate_rule", { blocks: true });
    await refused(() => add({ Email }, allow), "DUPLICATES_DETECTED");
    await control("POST", "/objects/control/duplicate_rule", { blocks: false });
  },
};

const many = {
  "a collection's rows stand for themselves without allOrNone (sObject Collections)": async () => {
    const [good, bad] = await conn.sobject("Lead").create([person(), { LastName: "x" }], NEVER);
    assert.equal(good.success, true);
    assert.equal(bad.success, false);
    assert.equal(bad.errors[0].statusCode, "REQUIRED_FIELD_MISSING");
    assert.deepEqual(bad.errors[0].fields, ["Company"]);
  },
  "with allOrNone one bad row undoes all": async () => {
    const [good, bad] = await conn.sobject("Lead").create([person({ Company: "Undone" }), { LastName: "x" }], { ...NEVER, allOrNone: true });
    assert.deepEqual([good.success, bad.success], [false, false]);
    assert.equal(good.errors[0].statusCode, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert.equal((await soql("SELECT Id FROM Lead WHERE Company = 'Undone'")).totalSize, 0);
  },
  "201 records are one too many": () =>
    failsWith(() => conn.sobject("Lead").create(Array.from({ length: 201 }, () => person()), NEVER), (error) => {
      assert.match(error.message, /more than 200 records/);
    }),
  "update and destroy of several, each with its outcome": async () => {
    const ids = [await add(), await add()];
    const updated = await conn.sobject("Lead").update([{ Id: ids[0], City: "Turin" }, { Id: "00QSb9999999999AAA", City: "x" }]);
    assert.deepEqual(updated.map((row) => row.success), [true, false]);
    const gone = await conn.sobject("Lead").destroy([ids[0], "00QSb9999999999AAA"]);
    assert.deepEqual(gone.map((row) => row.success), [true, false]);
    const undone = await conn.sobject("Lead").destroy([ids[1], "00QSb9999999999AAA"], { allOrNone: true });
    assert.equal(undone[0].errors[0].statusCode, "ALL_OR_NONE_OPERATION_ROLLED_BACK");
    assert.equal((await lead(ids[1])).Id, ids[1]);
  },
  "upsert of several by an external id": async () => {
    const rows = [person({ Key__c: "m1" }), person({ Key__c: "m2" })];
    const made = await conn.sobject("Lead").upsert(rows, "Key__c", NEVER);
    assert.deepEqual(made.map((row) => row.created), [true, true]);
    const again = await conn.sobject("Lead").upsert([{ Key__c: "m1", City: "Nice" }], "Key__c", NEVER);
    assert.deepEqual([again[0].created, again[0].id], [false, made[0].id]);
  },
  "retrieve of several: null for one that isn't there": async () => {
    const id = await add();
    const [found, none] = await conn.sobject("Lead").retrieve([id, "00QSb9999999999AAA"], { fields: ["Id", "LastName"] });
    assert.equal(found.Id, id);
    assert.equal(none, null);
  },
  "composite: later requests refer to earlier ones (Composite)": async () => {
    const part = (method, path, referenceId, body) => ({ method, url: `/services/data/v${VERSION}/${path}`, referenceId, body });
    const { compositeResponse } = await conn.requestPost("/composite", {
      compositeRequest: [
        part("POST", "sobjects/Account", "company", { Name: "Composed" }),
        part("POST", "sobjects/Contact", "person", { LastName: "Composed", AccountId: "@{company.id}" }),
        part("GET", "query?q=SELECT+Account.Name+FROM+Contact+WHERE+Id='@{person.id}'", "found"),
        part("GET", "sobjects/Account/@{nobody.id}", "lost"),
      ],
    });
    const [company, one, found, lost] = compositeResponse;
    assert.deepEqual([company.httpStatusCode, one.httpStatusCode, found.httpStatusCode], [201, 201, 200]);
    assert.equal(found.body.records[0].Account.Name, "Composed");
    assert.equal(lost.httpStatusCode, 400);
    assert.equal(lost.body[0].errorCode, "PROCESSING_HALTED");
  },
  "composite with allOrNone undoes and halts the others": async () => {
    const url = `/services/data/v${VERSION}/sobjects/Account`;
    const { compositeResponse } = await conn.requestPost("/composite", {
      allOrNone: true,
      compositeRequest: [
        { method: "POST", url, referenceId: "good", body: { Name: "Halted" } },
        { method: "POST", url, referenceId: "bad", body: {} },
      ],
    });
    assert.deepEqual(compositeResponse.map((one) => one.body[0].errorCode), ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]);
    assert.equal((await soql("SELECT Id FROM Account WHERE Name = 'Halted'")).totalSize, 0);
  },
  "composite of 26 requests, of six queries, of one name twice is refused": async () => {
    const ask = (count, path) => conn.requestPost("/composite", {
      compositeRequest: Array.from({ length: count }, (_, n) => ({ method: "GET", url: `/services/data/v${VERSION}/${path}`, referenceId: `r${n}` })),
    });
    await refused(() => ask(26, "limits"), "LIMIT_EXCEEDED");
    await refused(() => ask(6, "query?q=SELECT+Id+FROM+Lead"), "LIMIT_EXCEEDED");
    const twice = [1, 2].map(() => ({ method: "GET", url: `/services/data/v${VERSION}/limits`, referenceId: "r" }));
    await refused(() => conn.requestPost("/composite", { compositeRequest: twice }), "JSON_PARSER_ERROR");
  },
  "batch: subrequests by themselves (Batch)": async () => {
    const answer = await conn.requestPost("/composite/batch", {
      batchRequests: [{ method: "GET", url: `v${VERSION}/limits` }, { method: "GET", url: `v${VERSION}/sobjects/Poem/describe` }],
    });
    assert.equal(answer.hasErrors, true);
    assert.deepEqual(answer.results.map((one) => one.statusCode), [200, 404]);
  },
  "a wrong verb is METHOD_NOT_ALLOWED": () => refused(() => conn.requestPost("/limits", {}), "METHOD_NOT_ALLOWED"),
};

await runCalls({ ...login, ...about, ...queries, ...writes, ...many });
