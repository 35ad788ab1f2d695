import { listen } from "@tauri-apps/api/event"; // breach

export const queries = { listen };
