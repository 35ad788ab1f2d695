// Each marked line must be refused; the others must pass.
import { commands } from "../../api/client";
import { Pill } from "../../components/Pill";
import { verdictLooks } from "../../domain/verdict";
import { IncidentLink } from "../incidents/IncidentLink"; // breach
import { IncidentLink as Again } from "../../features/incidents/IncidentLink"; // breach
import { invoke } from "@tauri-apps/api/core"; // breach
import { commands as raw } from "../../api/bindings";

export const page = { commands, Pill, verdictLooks, IncidentLink, Again, invoke, raw };
export const loose = (value: any) => value; // breach
