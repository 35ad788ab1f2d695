// The one file that talks to the shell.
import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";

export const commands = { invoke, listen };
