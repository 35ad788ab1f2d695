/** The types of things that evidence is about. */
import {
  CalendarClockRegular, DatabaseRegular, DesktopRegular, DocumentRegular, GlobeRegular, LinkRegular, PersonRegular,
  PlayRegular, RocketRegular, ServerRegular, WrenchRegular,
} from "@fluentui/react-icons";
import type { EntityType, OsPlatform, StartupKind, TaskKind } from "../api/bindings";
import type { Look } from "../look";

/** `noun`: inside a sentence. */
export const entityLooks: Record<EntityType, Look & { noun: string }> = {
  file: { label: "File", noun: "file", icon: DocumentRegular, tone: "neutral", explanation: "A file on a disk." },
  process: { label: "Process", noun: "process", icon: PlayRegular, tone: "neutral", explanation: "A program that is running." },
  service: { label: "Service", noun: "service", icon: ServerRegular, tone: "neutral", explanation: "A program that the system starts and watches over." },
  scheduled_task: { label: "Scheduled task", noun: "scheduled task", icon: CalendarClockRegular, tone: "neutral", explanation: "Something that the system starts at set times." },
  driver: { label: "Driver", noun: "driver", icon: WrenchRegular, tone: "neutral", explanation: "A part that the system's kernel loads." },
  registry: { label: "Registry key", noun: "registry key", icon: DatabaseRegular, tone: "neutral", explanation: "A setting of Windows." },
  startup_item: { label: "Startup item", noun: "startup item", icon: RocketRegular, tone: "neutral", explanation: "Something that arranges to be started at log-in or boot." },
  user: { label: "User", noun: "account", icon: PersonRegular, tone: "neutral", explanation: "An account on the device." },
  ip: { label: "IP address", noun: "IP address", icon: GlobeRegular, tone: "neutral", explanation: "An address on the network." },
  url: { label: "Web address", noun: "web address", icon: LinkRegular, tone: "neutral", explanation: "The address of a page or a download." },
  domain: { label: "Domain name", noun: "domain name", icon: GlobeRegular, tone: "neutral", explanation: "A name on the network." },
  device: { label: "Device", noun: "device", icon: DesktopRegular, tone: "neutral", explanation: "A computer." },
};

export const taskKindLabels: Record<TaskKind, string> = {
  cron: "Scheduled task (cron)", systemd_timer: "Scheduled task (systemd timer)", at: "One-time task (at)",
  windows_task: "Scheduled task (Windows)", launchd: "Scheduled task (launchd)",
};

export const startupKindLabels: Record<StartupKind, string> = {
  shell_profile: "Line in a shell profile", autostart: "Autostart entry of the desktop", preload: "Library loaded into every program",
  authorized_key: "Key that may log in", udev_rule: "Rule run when hardware appears", module_list: "Kernel module loaded at boot",
  init_script: "Script run at boot", system_hook: "Script or command the system runs",
};

export const osLabels: Record<OsPlatform, string> = { linux: "Linux", windows: "Windows", macos: "macOS" };
