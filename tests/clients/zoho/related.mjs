// Related records, notes, tasks, tags, and a change of owner by its own call.
import assert from "node:assert/strict";

import * as Zoho from "@zohocrm/nodejs-sdk-8.0";

import { newLead } from "./records.mjs";
import { bodyOf, idOf, params, recordOf, rowsOf } from "./sdk.mjs";

const { NotesOperations, Note, GetNotesParam } = Zoho.Notes;
const { RelatedRecordsOperations, GetRelatedRecordsParam } = Zoho.RelatedRecords;
const { TagsOperations, CreateTagsParam, GetTagsParam } = Zoho.Tags;

async function parent() {
  return newLead({ Last_Name: "Turing", Company: "Bletchley", Email: `alan${Date.now()}@bletchley.example` });
}

async function addNote(lead, text) {
  const note = new Note();
  note.setNoteTitle("Called");
  note.setNoteContent(text);
  const named = new Zoho.Notes.ParentId();
  named.setId(lead);
  const module = new Zoho.Modules.MinifiedModule();
  module.setAPIName("Leads");
  named.setModule(module);
  note.setParentId(named);
  const body = new Zoho.Notes.BodyWrapper();
  body.setData([note]);
  return idOf(rowsOf(await new NotesOperations().createNotes(body), 201)[0]);
}

async function addTask(lead) {
  const fields = { Subject: "Call back", Due_Date: new Date("2027-01-02T00:00:00Z"), Status: new Zoho.Choice("Not Started"), What_Id: recordOf({ id: lead }), $se_module: "Leads" };
  return idOf(rowsOf(await new Zoho.Record.RecordOperations("Tasks").createRecords(bodyOf([fields])), 201)[0]);
}

async function relatedTo(lead, name, fields) {
  const asked = await params([[GetRelatedRecordsParam.FIELDS, fields]]);
  return new RelatedRecordsOperations(name, "Leads").getRelatedRecords(lead, asked);
}

function tagsBody(...names) {
  const body = new Zoho.Tags.NewTagRequestWrapper();
  body.setTags(names.map(tagOf));
  return body;
}

function tagOf(name) {
  const tag = new Zoho.Tags.Tag();
  tag.setName(name);
  return tag;
}

export const related = {
  "a note is added to a lead and read among all notes": async () => {
    const id = await addNote(await parent(), "He's in");
    const asked = await params([[GetNotesParam.FIELDS, "Note_Title,Note_Content,Parent_Id"]]);
    const notes = rowsOf(await new NotesOperations().getNotes(asked));
    assert.equal(notes.find((note) => note.getId() === id).getNoteContent(), "He's in");
  },
  "a lead's notes": async () => {
    const lead = await parent();
    const id = await addNote(lead, "Again");
    const rows = rowsOf(await relatedTo(lead, "Notes", "Note_Title,Note_Content"));
    assert.deepEqual(rows.map((row) => row.getId()), [id]);
  },
  "a lead without tasks is 204": async () => {
    assert.equal((await relatedTo(await parent(), "Tasks", "Subject")).getStatusCode(), 204);
  },
  "a task is added to a lead and listed there": async () => {
    const lead = await parent();
    const id = await addTask(lead);
    const [task] = rowsOf(await relatedTo(lead, "Tasks", "Subject,Due_Date,Status"));
    assert.deepEqual([task.getId(), task.getKeyValue("Subject")], [id, "Call back"]);
  },
  "the tasks of a lead, by COQL": async () => {
    const lead = await parent();
    const id = await addTask(lead);
    const body = new Zoho.Coql.BodyWrapper();
    body.setSelectQuery(`select Subject, 'What_Id->Leads.Last_Name' from Tasks where What_Id in ('${lead}')`);
    const [task] = rowsOf(await new Zoho.Coql.CoqlOperations().getRecords(body));
    assert.deepEqual([task.getId(), task.getKeyValue("What_Id->Leads.Last_Name")], [id, "Turing"]);
  },
  "tags are made and listed": async () => {
    const body = new Zoho.Tags.BodyWrapper();
    body.setTags([tagOf("warm")]);
    const made = await new TagsOperations().createTags(body, await params([[CreateTagsParam.MODULE, "Leads"]]));
    assert.equal(made.getStatusCode(), 201);
    const found = await new TagsOperations().getTags(await params([[GetTagsParam.MODULE, "Leads"]]));
    assert.ok(found.getObject().getTags().some((tag) => tag.getName() === "warm"));
  },
  "a lead is tagged, and read with its tags": async () => {
    const lead = await parent();
    await new TagsOperations().addTags("Leads", lead, tagsBody("warm", "new"));
    const [row] = rowsOf(await new Zoho.Record.RecordOperations("Leads").getRecord(lead));
    assert.deepEqual(row.getTag().map((tag) => tag.getName()), ["warm", "new"]);
  },
  "an owner is changed by its own call": async () => {
    const users = (await new Zoho.Users.UsersOperations().getUsers()).getObject().getUsers();
    const other = users.find((user) => user.getStatus() === "active" && user.getEmail() !== "integration@acme.test");
    const lead = await parent();
    const body = new Zoho.ChangeOwner.BodyWrapper();
    const owner = new Zoho.ChangeOwner.Owner();
    owner.setId(other.getId());
    body.setOwner(owner);
    const response = await new Zoho.ChangeOwner.ChangeOwnerOperations("Leads").singleUpdate(lead, body);
    assert.equal(response.getStatusCode(), 200);
    const [row] = rowsOf(await new Zoho.Record.RecordOperations("Leads").getRecord(lead));
    assert.equal(row.getKeyValue("Owner").getEmail(), other.getEmail());
  },
};
