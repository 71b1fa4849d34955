import { once } from "node:events";
import { connect } from "node:net";

/** Every byte that comes back for these bytes, until the service closes or has said nothing for a while. */
export async function exchange(url: string, bytes: string | Buffer, quietMs = 400): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  let answer = "";
  socket.on("error", () => {});
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.on("data", (chunk) => {
    answer += chunk.toString("latin1");
  });
  const closed = once(socket, "close");
  socket.write(bytes);
  await closed;
  return answer;
}

export const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((match) => Number(match[1]));
export const lines = (...text: string[]) => text.join("\r\n");
