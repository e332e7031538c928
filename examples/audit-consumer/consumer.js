// Reads the topic leadgate.audit from its start to its present end, validates every event against
// the published schema, and prints how many there are of each kind.
//
// Exit code: 0 if every event is valid, 1 if one is not, 2 if the topic can't be read.

import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import kafka from "kafkajs";
import snappy from "kafkajs-snappy";

const SHOWN = 10; // violations that are printed whole

const SCHEMA = new URL("../../docs/audit.schema.json", import.meta.url).pathname;
const BROKERS = process.env.KAFKA_BOOTSTRAP_SERVERS ?? "localhost:9092";

const { values: options } = parseArgs({
  options: {
    brokers: { type: "string", default: BROKERS },
    topic: { type: "string", default: "leadgate.audit" },
    schema: { type: "string", default: SCHEMA },
  },
});

function makeValidator(path) {
  const ajv = new Ajv2020({ strictTypes: false, strictRequired: false });
  addFormats(ajv);
  const validate = ajv.compile(JSON.parse(readFileSync(path, "utf8")));
  const say = (error) => `${error.instancePath || "/"} ${error.message}`;
  return (event) => (validate(event) ? [] : validate.errors.map(say));
}

// Offsets up to which a partition must be read; partitions without records are left out.
async function findEnds(client, topic) {
  const admin = client.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => low !== high);
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}

// Calls `handle` with each record before the present end. Commits nothing, so it can be repeated.
async function readToEnd(client, topic, handle) {
  const missing = await findEnds(client, topic);
  if (missing.size === 0) return;
  const consumer = client.consumer({ groupId: `audit-consumer-${process.pid}-${Date.now()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachBatch = async ({ batch }) => {
        const end = missing.get(batch.partition) ?? 0n;
        for (const record of batch.messages) if (BigInt(record.offset) < end) handle(record);
        if (BigInt(batch.lastOffset()) + 1n >= end) missing.delete(batch.partition);
        if (missing.size === 0) resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

// A replay writes an event again, with the same id and bytes: ids are counted, not records.
function makeReport(validate) {
  const report = { records: 0, ids: new Set(), kinds: new Map(), violations: [] };
  const refuse = (key, faults) => report.violations.push(`${key}: ${faults.join("; ")}`);
  report.add = ({ key, value }) => {
    report.records += 1;
    let event;
    try {
      event = JSON.parse(value);
    } catch (error) {
      return refuse(key, [`no JSON: ${error.message}`]);
    }
    const faults = validate(event);
    if (faults.length > 0) return refuse(key, [`${event?.stage} ${event?.kind}`, ...faults]);
    const known = report.kinds.get(event.kind) ?? 0;
    if (!report.ids.has(event.id)) report.kinds.set(event.kind, known + 1);
    report.ids.add(event.id);
  };
  return report;
}

function print({ records, ids, kinds, violations }) {
  for (const [kind, count] of [...kinds].sort()) console.log(`${kind} ${count}`);
  console.log(`${records} records, ${ids.size} events, ${violations.length} violations`);
  for (const violation of violations.slice(0, SHOWN)) console.error(violation);
}

try {
  kafka.CompressionCodecs[kafka.CompressionTypes.Snappy] = snappy; // Leadgate's producers use it
  const brokers = options.brokers.split(",");
  const client = new kafka.Kafka({ brokers, logLevel: kafka.logLevel.NOTHING });
  const report = makeReport(makeValidator(options.schema));
  await readToEnd(client, options.topic, report.add);
  print(report);
  process.exitCode = report.violations.length > 0 ? 1 : 0;
} catch (error) {
  console.error(`${options.topic} can't be read: ${error.message}`);
  process.exitCode = 2;
}
