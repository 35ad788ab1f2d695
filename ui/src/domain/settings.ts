/** Indicators, rule files and group rules in words. */
import type { IndicatorAction, IndicatorKind, RuleKind, RuleOperator, RuleProperty, Theme } from "../api/bindings";

export const indicatorKindLabels: Record<IndicatorKind, string> = {
  sha256: "File (SHA-256)", sha1: "File (SHA-1)", md5: "File (MD5)", ip: "IP address", url: "Web address", domain: "Domain name",
};

export const indicatorActionLooks: Record<IndicatorAction, { label: string; explanation: string }> = {
  allow: { label: "Allow", explanation: "Judged No threats found, whatever else is found." },
  audit: { label: "Audit", explanation: "Only recorded." },
  warn: { label: "Warn", explanation: "Judged Suspicious: a person is asked." },
  block: { label: "Block", explanation: "Judged Malicious." },
  block_and_remediate: { label: "Block and remediate", explanation: "Judged Malicious, and treated as the level allows." },
};

export const ruleKindLabels: Record<RuleKind, string> = {
  yara: "YARA rules", clamav_hdb: "ClamAV hashes (.hdb)", clamav_hsb: "ClamAV hashes (.hsb)",
};

export const rulePropertyLabels: Record<RuleProperty, string> = {
  name: "Device name", domain: "Domain", tag: "Tag", os_platform: "Operating system",
};

export const ruleOperatorLabels: Record<RuleOperator, string> = {
  starts_with: "starts with", ends_with: "ends with", equals: "equals", contains: "contains", is_one_of: "is one of",
};

export const themeLabels: Record<Theme, string> = { system: "As the system", light: "Light", dark: "Dark" };
