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

/** Throws unless the call fails, and gives its error to `check`. */
export async function failsWith(call, check) {
  let answer;
  try {
    answer = await call();
  } catch (error) {
    await check(error);
    return;
  }
  throw new Error(`not refused: ${JSON.stringify(answer)?.slice(0, 300)}`);
}

/** The address of the sandbox, which tests give as the only argument. */
export const SANDBOX = process.argv[2];

/** Asks the sandbox's controls, which are no part of a vendor's API. */
export async function control(method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${SANDBOX}/_control${path}`, { method, headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return answer.json();
}
