/** The audit trail: is the chain of records whole, and the trail as a file. */
import { Button, Field, Input, makeStyles } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { exportAudit, verifyAudit } from "../../api/mutations";
import { notify } from "../../components/notices";
import { Failure } from "../../components/states";
import { plural } from "../../components/text";

const useStyles = makeStyles({ line: { display: "flex", gap: "12px", alignItems: "end", flexWrap: "wrap" }, field: { width: "420px" } });

export function Audit() {
  const s = useStyles();
  const [out, setOut] = useState("");
  const verify = useMutation(verifyAudit);
  const save = useMutation({ ...exportAudit, onSuccess: ({ file }) => notify({ tone: "done", title: "The audit trail is in", text: file }) });
  return (
    <>
      <p>Every change is recorded with who, what, when and why. Each record carries the fingerprint of the one before it, so that a changed or missing record is noticed.</p>
      <div><Button disabled={verify.isPending} onClick={() => verify.mutate()} data-testid="verify-audit">Verify the audit trail</Button></div>
      {verify.data !== undefined && (verify.data.ok
        ? <div data-testid="audit-result">{plural(verify.data.records, "record")} compared. The chain is whole.</div>
        : <Failure title="The chain is broken." fault={{ message: `It does not hold at record ${verify.data.first_broken ?? "?"} of ${verify.data.records}.`, hint: "Somebody or something changed the database. Keep a copy of the data folder before doing anything else." }} testid="audit-result" />)}
      <div className={s.line}>
        <Field label="Export to a file (.csv or .jsonl)" className={s.field}><Input value={out} placeholder="/home/me/audit.csv" onChange={(_, d) => setOut(d.value)} data-testid="audit-out" /></Field>
        <Button disabled={out.trim() === "" || save.isPending} onClick={() => save.mutate({ out: out.trim() })} data-testid="export-audit">Export the audit trail</Button>
      </div>
    </>
  );
}
