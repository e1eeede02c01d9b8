// Talks to the stand-in: requests, and the stream of news with its reconnection.

const ROOT = "/sandbox/api";

/** Ask for JSON. Throws an Error whose message may be shown to the person. */
export async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(ROOT + path, options);
  } catch {
    throw new Error("The stand-in does not answer. Is it still running?");
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(value.error ?? "That did not work.");
  }
  return value;
}

/** Follow the news. `lost` hears true while there is no connection, false when it is back. */
export function follow(hear, lost) {
  const source = new EventSource(`${ROOT}/events`);
  source.onmessage = (event) => {
    lost(false);
    hear(JSON.parse(event.data));
  };
  source.onerror = () => {
    lost(true);
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => follow(hear, lost), 1500);
    }
  };
}
