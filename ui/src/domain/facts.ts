/** The facts of an entity, in the order in which a person wants them. What is not known is left out. */
import type { Entity } from "../api/bindings";
import type { Fact } from "../fact";
import { startupKindLabels, taskKindLabels } from "./entity";

const words = (term: string, text: string | null | undefined): Fact[] => (text === null || text === undefined || text === "" ? [] : [{ term, kind: "text", text }]);
const code = (term: string, text: string | null | undefined): Fact[] => (text === null || text === undefined || text === "" ? [] : [{ term, kind: "code", text }]);
const time = (term: string, at: string | null | undefined): Fact[] => (at === null || at === undefined ? [] : [{ term, kind: "time", at }]);
const yes = (term: string, holds: boolean, text: string): Fact[] => (holds ? [{ term, kind: "text", text }] : []);

export function entityFacts(entity: Entity): Fact[] {
  switch (entity.type) {
    case "file": {
      const f = entity.file;
      return [
        ...code("Path", f.path), ...code("Leads to", f.resolved), ...code("SHA-256", f.sha256), ...code("SHA-1", f.sha1), ...code("MD5", f.md5),
        { term: "Size", kind: "bytes", bytes: f.size }, ...words("Owner", f.owner), ...words("Mode", f.mode),
        ...words("Package", f.package ?? "No installed package owns it"), ...yes("Names", f.links > 1, `It has ${f.links} names on its volume`), ...time("Changed", f.modified_at),
      ];
    }
    case "process": {
      const p = entity.process;
      return [
        ...code("Command line", p.command_line), ...code("Program", p.exe), ...yes("Program file", p.exe_deleted, "It was deleted while it runs"), ...code("Script", p.script),
        ...words("Process", String(p.pid)), ...words("Started by process", p.parent_pid === null ? null : String(p.parent_pid)), ...words("User", p.user),
        ...yes("Container", p.container, "It runs in a container, whose paths mean something else here"), ...code("Image SHA-256", p.image_sha256), ...time("Started", p.started_at),
      ];
    }
    case "service": {
      const s = entity.service;
      return [...words("Name", s.name), ...code("Starts", s.exec), ...code("Defined in", s.path), ...words("Scope", s.scope === "system" ? "The whole system" : "One user"), ...words("State", s.state), ...words("At boot", s.enabled ? "Starts by itself" : "Does not start by itself")];
    }
    case "scheduled_task": {
      const t = entity.scheduled_task;
      return [...words("Kind", taskKindLabels[t.kind]), ...code("Runs", t.command), ...words("When", t.schedule), ...words("As user", t.user), ...code("Defined in", t.path), ...code("Line", t.line), ...yes("State", !t.enabled, "Switched off"), ...code("Fingerprint", t.digest)];
    }
    case "driver": {
      const d = entity.driver;
      return [...words("Name", d.name), ...code("Path", d.path), ...code("Configured in", d.config_path), ...words("State", d.loaded ? "Loaded" : "Not loaded")];
    }
    case "registry": return [...code("Key", entity.registry.key), ...code("Value", entity.registry.value), ...code("Data", entity.registry.data)];
    case "startup_item": {
      const s = entity.startup_item;
      return [...words("Kind", startupKindLabels[s.kind]), ...code("Runs", s.command), ...words("Of user", s.user), ...code("Defined in", s.path), ...code("Line", s.line), ...code("Fingerprint", s.digest)];
    }
    case "user": return [...words("Name", entity.user.name), ...words("Number", entity.user.uid === null ? null : String(entity.user.uid))];
    case "ip": return [...code("Address", entity.ip.address), ...words("Port", entity.ip.port === null ? null : String(entity.ip.port))];
    case "url": return code("Address", entity.url.url);
    case "domain": return code("Name", entity.domain.domain);
    case "device": return words("Name", entity.device.name);
  }
}
