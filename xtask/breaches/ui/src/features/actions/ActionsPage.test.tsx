// A test may mock the shell, and knows no other feature either.
import { mockIPC } from "@tauri-apps/api/mocks";
import { invoke } from "@tauri-apps/api/core"; // breach
import { IncidentLink } from "../incidents/IncidentLink"; // breach

export const used = { mockIPC, invoke, IncidentLink };
