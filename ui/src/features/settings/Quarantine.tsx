/** What lies in the vault, and the proof that each item is still whole. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Input, makeStyles, tokens } from "@fluentui/react-components";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { QuarantineItem } from "../../api/bindings";
import { toFault } from "../../api/client";
import { restoreQuarantined, verifyQuarantine } from "../../api/mutations";
import { quarantine } from "../../api/queries";
import { notify } from "../../components/notices";
import { CodeText, PathText } from "../../components/PathText";
import { Empty, Failure, SkeletonRows } from "../../components/states";
import { bytes, plural, visible } from "../../components/text";
import { When } from "../../components/time";

const useStyles = makeStyles({
  line: { display: "flex", flexWrap: "wrap", gap: "12px", alignItems: "center" },
  row: { display: "grid", gridTemplateColumns: "minmax(0, 2fr) minmax(0, 1fr) 90px 130px 130px max-content", gap: "12px", alignItems: "center", minHeight: "40px", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  head: { fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightSemibold, color: tokens.colorNeutralForeground2 },
});

export function Quarantine() {
  const s = useStyles();
  const { data, error, refetch } = useQuery(quarantine);
  const verify = useMutation({
    ...verifyQuarantine,
    onSuccess: (check) => notify(check.damaged.length === 0
      ? { tone: "done", title: `${plural(check.checked, "item")} read back and compared.`, text: "All are whole." }
      : { tone: "failed", title: `${plural(check.damaged.length, "item")} damaged.`, text: check.damaged.map((f) => `${f.message} ${f.hint}`).join(" ") }),
  });
  const items = data?.items ?? [];
  return (
    <>
      <div className={s.line}>
        <Button disabled={items.length === 0 || verify.isPending} onClick={() => verify.mutate()} data-testid="verify-quarantine">Verify quarantine</Button>
        <span>Files are moved here, never deleted. To put one back at its place, undo its action in the Action center.</span>
      </div>
      {error !== null && <Failure title="The quarantine could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      {verify.data?.damaged.map((fault) => <Failure key={fault.message} title="Damaged." fault={fault} />)}
      {data === undefined ? error === null && <SkeletonRows /> : items.length === 0 ? <Empty title="Nothing is in quarantine." /> : (
        <div data-testid="quarantine">
          <div className={`${s.row} ${s.head}`}><span>File</span><span>SHA-256</span><span>Size</span><span>Moved</span><span>Proven whole</span><span /></div>
          {items.map((item) => (
            <div key={item.id} className={s.row} data-testid={`quarantine-row-${item.id}`}>
              <span><PathText path={item.path} /> {visible(item.device)}</span><CodeText text={item.sha256} longest={18} /><span>{bytes(item.size)}</span>
              <When at={item.quarantined_at} /><When at={item.verified_at} /><Elsewhere item={item} />
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** A copy for looking at, in another folder: not executable, with a name that starts nothing. */
function Elsewhere({ item }: { item: QuarantineItem }) {
  const [folder, setFolder] = useState("");
  const [open, setOpen] = useState(false);
  const restore = useMutation({ ...restoreQuarantined, onSuccess: ({ file }) => { setOpen(false); notify({ tone: "done", title: "Copied.", text: file }); } });
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" appearance="subtle">Copy out</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>Copy out of the quarantine</DialogTitle>
          <DialogContent><Field label="Folder" hint="The copy cannot be started: it is not executable, and its name ends differently. The original stays in quarantine."><Input value={folder} onChange={(_, data) => setFolder(data.value)} /></Field></DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={folder.trim() === "" || restore.isPending} onClick={() => restore.mutate({ id: item.id, folder: folder.trim(), inert: true })}>Copy out</Button>
            <DialogTrigger disableButtonEnhancement><Button>Leave it</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
