/** Rule files: the content is read here and judged when it is added; a file that does not compile stops no other. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { toFault } from "../../api/client";
import { addRules, removeRules } from "../../api/mutations";
import { rules } from "../../api/queries";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { When } from "../../components/time";
import { ruleKindLabels } from "../../domain/settings";

const useStyles = makeStyles({
  line: { display: "flex", gap: "12px", alignItems: "center", flexWrap: "wrap" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) 180px 120px 130px max-content", gap: "12px", alignItems: "center", minHeight: "40px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}`, "@media (max-width: 999px)": { gridTemplateColumns: "repeat(2, minmax(0, 1fr))", padding: "8px 0" } },
  hidden: { display: "none" },
});

export function Rules() {
  const s = useStyles();
  const picker = useRef<HTMLInputElement>(null);
  const { data, error, refetch } = useQuery(rules);
  const add = useMutation(addRules);
  const remove = useMutation(removeRules);
  const read = async (files: FileList | null): Promise<void> => {
    const texts = await Promise.all([...(files ?? [])].map(async (file) => ({ file: file.name, body: await file.text() })));
    if (texts.length > 0) add.mutate({ files: texts });
  };
  return (
    <>
      <div className={s.line}>
        <Button disabled={add.isPending} onClick={() => picker.current?.click()} data-testid="add-rules">Add rule files</Button>
        <input ref={picker} className={s.hidden} type="file" multiple accept=".yar,.yara,.hdb,.hsb" onChange={(e) => { void read(e.currentTarget.files); e.currentTarget.value = ""; }} data-testid="rule-files" />
        <span>YARA (.yar, .yara) and ClamAV hashes (.hdb, .hsb), beside the rules that come with Assize.</span>
      </div>
      {add.data?.added.map((a) => <div key={a.id}>{visible(a.file)}: {plural(a.rules, "rule")} added.</div>)}
      {add.data?.failed.map((f) => <Failure key={f.file} title={`${visible(f.file)} was not added.`} refusal fault={{ message: visible(f.error), hint: "The other files are not affected." }} />)}
      {error !== null && <Failure title="The rules could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      {data === undefined ? error === null && <SkeletonRows /> : data.rules.length === 0 ? <Empty title="No rules were added." /> : (
        <div>
          {data.rules.map((r) => (
            <div key={r.id} className={s.row} data-testid={`rules-row-${r.id}`}>
              <span>{visible(r.name)}</span><span>{ruleKindLabels[r.kind]}</span><span>{plural(r.rules, "rule")}</span><When at={r.added_at} />
              <Button size="small" appearance="subtle" disabled={remove.isPending} onClick={() => remove.mutate({ id: r.id })}>Remove</Button>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
