// Runs the calls of one vendor's client one after the other, and prints a line of JSON for each.

/** Each call is a function that throws unless the answer is what the vendor documents. */
export async function runCalls(calls) {
  for (const [name, call] of Object.entries(calls)) {
    console.log(JSON.stringify({ name, error: await errorOf(call) }));
  }
}

async function errorOf(call) {
  try {
    await call();
    return "";
  } catch (error) {
    return `${error.stack ?? error}`.slice(0, 2000);
  }
}

/** The address of the sandbox, which tests give as the only argument. */
export const SANDBOX = process.argv[2];
