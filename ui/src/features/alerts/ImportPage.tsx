/** A file of another product: what it would become is shown before anything is stored. */
import { Button, Field, Link, Select, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import type { Format, Imported, PickedFile, Preview } from "../../api/bindings";
import { toFault } from "../../api/client";
import { importAlerts, previewAlerts } from "../../api/mutations";
import { devices } from "../../api/queries";
import { Body, Facts, Page, PageHead, Section } from "../../components/Page";
import { Pill } from "../../components/Pill";
import { Failure } from "../../components/states";
import { plural, visible } from "../../components/text";
import { severityLooks } from "../../domain/incident";
import { keysOf, oneOf } from "../../url";
import { formatLabels, words } from "./words";

const useStyles = makeStyles({
  line: { display: "flex", gap: "16px", alignItems: "end", flexWrap: "wrap" },
  hidden: { display: "none" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) 130px minmax(0, 1fr) minmax(0, 1fr)", gap: "12px", alignItems: "center", minHeight: "36px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
});

/** The shell refuses more; the command line reads files of any size. */
const LARGEST = 16 * 1024 * 1024;

export function ImportPage({ onAlerts, onInvestigation }: { onAlerts: () => void; onInvestigation: (id: string) => void }) {
  const s = useStyles();
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<{ name: string; bytes: number[] }>();
  const [tooLarge, setTooLarge] = useState<string>();
  const [format, setFormat] = useState<Format>();
  const [device, setDevice] = useState("");
  const known = useQuery(devices);
  const preview = useMutation(previewAlerts);
  const bring = useMutation(importAlerts);
  const asked = (name: string, bytes: number[], as: Format | undefined): PickedFile =>
    ({ name, bytes, device: device === "" ? null : device, options: { format: as ?? null, zone_minutes: 0, mapping: null } });
  const read = async (picked: File | undefined): Promise<void> => {
    if (picked === undefined) return;
    bring.reset();
    preview.reset();
    setTooLarge(picked.size > LARGEST ? picked.name : undefined);
    if (picked.size > LARGEST) return setFile(undefined);
    const bytes = [...new Uint8Array(await picked.arrayBuffer())];
    setFile({ name: picked.name, bytes });
    preview.mutate(asked(picked.name, bytes, format));
  };
  const readAs = (next: Format | undefined): void => {
    setFormat(next);
    if (file !== undefined) preview.mutate(asked(file.name, file.bytes, next));
  };
  return (
    <Page scroll testid="import">
      <PageHead title={words.import}><Link as="button" onClick={onAlerts}>{words.title}</Link></PageHead>
      <Body>
        <span>{words.pickHint}</span>
        <div className={s.line}>
          <Button onClick={() => picker.current?.click()} data-testid="pick-file">{words.pick}</Button>
          <input ref={picker} className={s.hidden} type="file" onChange={(e) => { void read(e.currentTarget.files?.[0]); e.currentTarget.value = ""; }} data-testid="import-file" />
          <Field label="Format">
            <Select value={format ?? ""} onChange={(_, data) => readAs(oneOf(keysOf(formatLabels), data.value))} data-testid="import-format">
              <option value="">{words.auto}</option>
              {keysOf(formatLabels).map((id) => <option key={id} value={id}>{formatLabels[id]}</option>)}
            </Select>
          </Field>
          <Field label="About">
            <Select value={device} onChange={(_, data) => setDevice(data.value)} data-testid="import-device">
              <option value="">{words.everyDevice}</option>
              {known.data?.devices.map((d) => <option key={d.id} value={d.id}>{visible(d.name)}</option>)}
            </Select>
          </Field>
        </div>
        {tooLarge !== undefined && <Failure title={`${visible(tooLarge)} is too large for the window.`} refusal fault={{ message: "Nothing was imported.", hint: "Use the command line: assizectl alert import FILE" }} />}
        {preview.error !== null && <Failure title="The file cannot be read." fault={toFault(preview.error)} refusal />}
        {file !== undefined && preview.data !== undefined && bring.data === undefined && (
          <>
            <Shown name={file.name} preview={preview.data} />
            <div><Button appearance="primary" disabled={bring.isPending} onClick={() => bring.mutate(asked(file.name, file.bytes, format))} data-testid="import-now">{words.import}</Button></div>
          </>
        )}
        {bring.error !== null && <Failure title="Not imported." fault={toFault(bring.error)} />}
        {bring.data !== undefined && <Result result={bring.data} onInvestigation={onInvestigation} />}
      </Body>
    </Page>
  );
}

function Shown({ name, preview }: { name: string; preview: Preview }) {
  const s = useStyles();
  return (
    <Section title={words.preview} testid="import-preview">
      <Facts facts={[
        ["File", visible(name)], ["Read as", formatLabels[preview.format]],
        preview.headings.length > 0 && ["Columns", preview.headings.map((h) => visible(`${h} → ${preview.mapping.columns[h] ?? words.keptRaw}`)).join(", ")],
      ]} />
      {preview.drafts.map((d) => (
        <div key={d.key} className={s.row} data-testid="preview-row">
          <span title={visible(d.title)}>{visible(d.title)}</span><Pill look={severityLooks[d.severity]} shape="filled" />
          <span>{visible(d.source)}</span><span>{visible((d.devices ?? []).map((n) => n.name ?? n.ips?.[0] ?? "").join(", "))}</span>
        </div>
      ))}
      {preview.rejected.map((r) => <div key={r.record}>Line {r.line}: {visible(r.error)}</div>)}
    </Section>
  );
}

function Result({ result, onInvestigation }: { result: Imported; onInvestigation: (id: string) => void }) {
  return (
    <Section title={words.imported} testid="import-result">
      <Facts facts={[
        ["Records", String(result.records)], ["Alerts", plural(result.imported, "alert")], ["Duplicates", `${result.duplicates} ${words.known}`],
        ["Not looked into", `${result.skipped} ${words.skipped}`], ["Incidents", `${plural(result.incidents, "incident")} opened`],
        [words.mapped, visible(result.fields.mapped.join(", "))], [words.keptRaw, visible(result.fields.kept_raw.join(", "))],
        result.without_zone > 0 && ["Time zones", `${plural(result.without_zone, "alert")} without one; UTC was taken`],
      ]} />
      {result.investigations.map((id) => <div key={id}><Link as="button" onClick={() => onInvestigation(id)}>Open the investigation</Link></div>)}
      {result.failed.length > 0 && <Section title={words.failed}>{result.failed.map((f) => <div key={f.record}>Line {f.line}: {visible(f.error)}</div>)}</Section>}
    </Section>
  );
}
