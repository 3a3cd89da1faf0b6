// Stands in for npm's registry: answers with the file of a directory that has the name of what is asked for, never for a
// name that is a line of the file `hang` there, and notes each question in `log`.
// Usage: node registry.mjs DIRECTORY; prints its URL.
import { appendFileSync, createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";

const directory = process.argv[2];
const hanging = () => (existsSync(`${directory}/hang`) ? readFileSync(`${directory}/hang`, "utf8").split("\n") : []);

const server = createServer((request, response) => {
  const name = request.url.split("/").pop();
  appendFileSync(`${directory}/log`, `${name}\n`);
  if (hanging().includes(name)) return;
  if (existsSync(`${directory}/${name}`)) {
    createReadStream(`${directory}/${name}`).pipe(response);
  } else {
    response.writeHead(404).end();
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
