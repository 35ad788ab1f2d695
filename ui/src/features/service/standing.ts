/** How the service stands, in one word. */
import type { ServiceStatus } from "../../api/bindings";

/** unpackaged: cannot be installed from here; absent: could be; silent: should run and does not; elsewhere: runs, but not for
 *  this window; works. */
export type Standing = "unpackaged" | "absent" | "silent" | "elsewhere" | "works";

export function standingOf(s: ServiceStatus): Standing {
  if (s.connected) return "works";
  if (s.running) return "elsewhere";
  if (s.enabled) return "silent";
  return s.packaged ? "absent" : "unpackaged";
}
