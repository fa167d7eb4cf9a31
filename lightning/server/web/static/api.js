// REST calls. A refusal is thrown as Refused, no answer as Unanswered.

const ANSWER_MS_MAX = 15_000;

export class Refused extends Error {
  constructor(code, { status = "", message = "", reason = "", field_violations = [] }) {
    super(message);
    this.code = code;
    this.status = status;
    this.reason = reason;
    this.violations = field_violations;
  }
}

export class Unanswered extends Error {}

export const get = (path) => ask("GET", path);
export const post = (path, body) => ask("POST", path, body);
export const remove = (path) => ask("DELETE", path);

async function ask(method, path, body) {
  const options = { method, signal: AbortSignal.timeout(ANSWER_MS_MAX) };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const { response, answer } = await exchange(path, options);
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

async function exchange(path, options) {
  try {
    const response = await fetch(path, options);
    return { response, answer: await response.json() };
  } catch (error) {
    throw new Unanswered(error.message);
  }
}
