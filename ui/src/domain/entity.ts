/** The types of things that evidence is about. */
import {
  CalendarClockRegular, DatabaseRegular, DesktopRegular, DocumentRegular, GlobeRegular, LinkRegular, PersonRegular,
  PlayRegular, RocketRegular, ServerRegular, WrenchRegular,
} from "@fluentui/react-icons";
import type { EntityType, OsPlatform, StartupKind, TaskKind } from "../api/bindings";
import type { Look } from "../look";

export const entityLooks: Record<EntityType, Look> = {
  file: { label: "File", icon: DocumentRegular, tone: "neutral", explanation: "A file on a disk." },
  process: { label: "Process", icon: PlayRegular, tone: "neutral", explanation: "A program that is running." },
  service: { label: "Service", icon: ServerRegular, tone: "neutral", explanation: "A program that the system starts and watches over." },
  scheduled_task: { label: "Scheduled task", icon: CalendarClockRegular, tone: "neutral", explanation: "Something that the system starts at set times." },
  driver: { label: "Driver", icon: WrenchRegular, tone: "neutral", explanation: "A part that the system's kernel loads." },
  registry: { label: "Registry key", icon: DatabaseRegular, tone: "neutral", explanation: "A setting of Windows." },
  startup_item: { label: "Startup item", icon: RocketRegular, tone: "neutral", explanation: "Something that arranges to be started at log-in or boot." },
  user: { label: "User", icon: PersonRegular, tone: "neutral", explanation: "An account on the device." },
  ip: { label: "IP address", icon: GlobeRegular, tone: "neutral", explanation: "An address on the network." },
  url: { label: "Web address", icon: LinkRegular, tone: "neutral", explanation: "The address of a page or a download." },
  domain: { label: "Domain name", icon: GlobeRegular, tone: "neutral", explanation: "A name on the network." },
  device: { label: "Device", icon: DesktopRegular, tone: "neutral", explanation: "A computer." },
};

export const taskKindLabels: Record<TaskKind, string> = {
  cron: "Scheduled task (cron)", systemd_timer: "Scheduled task (systemd timer)", at: "One-time task (at)",
  windows_task: "Scheduled task (Windows)", launchd: "Scheduled task (launchd)",
};

export const startupKindLabels: Record<StartupKind, string> = {
  shell_profile: "Line in a shell profile", autostart: "Autostart entry of the desktop", preload: "Library loaded into every program",
  authorized_key: "Key that may log in", udev_rule: "Rule run when hardware appears", module_list: "Kernel module loaded at boot",
  init_script: "Script run at boot",
};

export const osLabels: Record<OsPlatform, string> = { linux: "Linux", windows: "Windows", macos: "macOS" };
