// What eph adds to Pi's screen: hands over the task, shows host and time left, warns before the end and tells of it.
// It reads one file of the session, which eph's keeper writes (client/session/host_status.hpp says what is in it);
// it fetches nothing and holds no secret. Comments stand on lines of their own: they are not sent.
import { readFileSync, statSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";

type Status = { state: string; host: string; left: number; why: string };

const file = join(dirname(process.env.PI_CODING_AGENT_DIR ?? ""), "status");

// The task as it is, without Pi's expansion of /templates.
function handOver(pi: any) {
  const task = process.env.EPH_TASK_FILE;
  if (!task) return;
  delete process.env.EPH_TASK_FILE;
  const text = readFileSync(task, "utf8");
  unlinkSync(task);
  pi.sendUserMessage(text);
}

function inWords(seconds: number) {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}

// From file to screen, as often as show() is called. The end is counted from the moment when the file was written, both
// by the host's clock, so that it may be wrong, and Pi may load this anew.
function watch(ui: any) {
  let written = 0;
  let status: Status | undefined;
  let end = 0;
  let warned = Infinity;
  let shown = "";

  const say = (text: string) => {
    if (text !== shown) ui.setStatus("eph", text);
    shown = text;
  };

  const read = () => {
    const changed = statSync(file).mtimeMs;
    if (changed === written) return;
    const next: Status = JSON.parse(readFileSync(file, "utf8"));
    const first = status === undefined;
    const before = end;
    written = changed;
    status = next;
    end = changed + next.left * 1000;
    const left = Math.round(next.left);
    if (next.state === "over") {
      ui.notify(`eph: this session is over: ${next.why}`, "error");
    } else if (first) {
      if (left > 60 && left <= 600) warned = 600;
    } else if (end > before + 5000) {
      warned = left > 600 ? Infinity : left > 60 ? 600 : 60;
      ui.notify(`eph: this session is extended and ends in ${inWords(left)}`, "info");
    }
  };

  return () => {
    try {
      read();
    } catch {
      // Not there, or not whole.
    }
    if (!status) return;
    if (status.state === "over") return say(`${status.host} · over`);
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    const limit = left <= 60 ? 60 : left <= 600 ? 600 : Infinity;
    if (limit < warned) ui.notify(`eph: this session ends in ${inWords(left)}, and its key with it`, "warning");
    warned = Math.min(warned, limit);
    say(`${status.host} · ${inWords(left)} left`);
  };
}

export default (pi: any) => {
  let timer: any;
  pi.on("session_start", (_event: any, ctx: any) => {
    if (!ctx.hasUI) return;
    clearInterval(timer);
    const show = watch(ctx.ui);
    show();
    timer = setInterval(show, 500);
    timer.unref();
    handOver(pi);
  });
  pi.on("session_shutdown", () => clearInterval(timer));
};
