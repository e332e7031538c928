// Modules, fields, layouts, users and the org.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { params, refusalOf } from "./sdk.mjs";

const { GetFieldsParam, FieldsOperations, CreateFieldParam } = Zoho.Fields;
const { LayoutsOperations, GetLayoutsParam } = Zoho.Layouts;
const { UsersOperations, GetUsersParam } = Zoho.Users;

async function fieldsOf(module) {
  return new FieldsOperations().getFields(await params([[GetFieldsParam.MODULE, module]]));
}

export const metadata = {
  "all modules": async () => {
    const found = (await new Zoho.Modules.ModulesOperations().getModules()).getObject().getModules();
    assert.ok(found.some((module) => module.getAPIName() === "Leads" && module.getAPISupported()));
  },
  "one module": async () => {
    const response = await new Zoho.Modules.ModulesOperations().getModuleByAPIName("Contacts");
    assert.equal(response.getObject().getModules()[0].getAPIName(), "Contacts");
  },
  "a module that isn't there is INVALID_MODULE": async () => {
    const response = await new Zoho.Modules.ModulesOperations().getModuleByAPIName("Nothings");
    assert.equal(refusalOf(response, 400), "INVALID_MODULE");
  },
  "fields have a type, a length and what is mandatory": async () => {
    const found = (await fieldsOf("Leads")).getObject().getFields();
    const last = found.find((field) => field.getAPIName() === "Last_Name");
    assert.deepEqual([last.getDataType(), last.getLength(), last.getSystemMandatory()], ["text", 80, true]);
    assert.equal(found.find((field) => field.getAPIName() === "Owner").getDataType(), "ownerlookup");
  },
  "fields without a module are REQUIRED_PARAM_MISSING": async () => {
    assert.equal(refusalOf(await new FieldsOperations().getFields(), 400), "REQUIRED_PARAM_MISSING");
  },
  "a unique field is made": async () => {
    const field = new Zoho.Fields.Fields();
    field.setFieldLabel("Partner number");
    field.setDataType("text");
    field.setLength(40);
    const unique = new Zoho.Fields.Unique();
    unique.setCasesensitive("false");
    field.setUnique(unique);
    const body = new Zoho.Fields.BodyWrapper();
    body.setFields([field]);
    const asked = await params([[CreateFieldParam.MODULE, "Leads"]]);
    const response = await new FieldsOperations().createField(body, asked);
    assert.equal(response.getObject().getFields()[0].getStatus().getValue(), "success");
    const found = (await fieldsOf("Leads")).getObject().getFields();
    assert.ok(found.some((one) => one.getAPIName() === "Partner_number" && one.getCustomField()));
  },
  "layouts hold sections of fields": async () => {
    const asked = await params([[GetLayoutsParam.MODULE, "Leads"]]);
    const [layout] = (await new LayoutsOperations().getLayouts(asked)).getObject().getLayouts();
    assert.equal(layout.getName(), "Standard");
    assert.ok(layout.getSections()[0].getFields().length > 10);
  },
  "all users, by pages": async () => {
    const asked = await params([[GetUsersParam.TYPE, new Zoho.Choice("AllUsers")], [GetUsersParam.PER_PAGE, 2]]);
    const found = (await new UsersOperations().getUsers(asked)).getObject();
    assert.equal(found.getUsers().length, 2);
    assert.equal(found.getInfo().getMoreRecords(), true);
  },
  "the token's own user, and a user by id": async () => {
    const asked = await params([[GetUsersParam.TYPE, new Zoho.Choice("CurrentUser")]]);
    const [me] = (await new UsersOperations().getUsers(asked)).getObject().getUsers();
    const again = await new UsersOperations().getUser(me.getId());
    assert.equal(again.getObject().getUsers()[0].getEmail(), "integration@acme.test");
  },
  "the org": async () => {
    const [org] = (await new Zoho.Org.OrgOperations().getOrganization()).getObject().getOrg();
    assert.deepEqual([org.getCompanyName(), org.getZgid()], ["Acme", "10000001"]);
  },
};
