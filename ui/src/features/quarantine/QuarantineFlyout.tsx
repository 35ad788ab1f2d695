/** One item of a vault: until when it is kept, and the ways out. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Input, Radio, RadioGroup, makeStyles, tokens } from "@fluentui/react-components";
import { PinOffRegular, PinRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { QuarantineItem } from "../../api/bindings";
import { toFault } from "../../api/client";
import { pinQuarantined, restoreQuarantined } from "../../api/mutations";
import { Flyout } from "../../components/Flyout";
import { notify } from "../../components/notices";
import { Facts, Section } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { PracticeBar } from "../../components/Practice";
import { Failure } from "../../components/states";
import { bytes, splitPath, visible } from "../../components/text";
import { Countdown, Moment } from "../../components/time";
import { isWarned } from "./items";
import { words } from "./words";

const useStyles = makeStyles({
  title: { margin: 0, fontSize: tokens.fontSizeBase400, lineHeight: tokens.lineHeightBase400, fontWeight: tokens.fontWeightRegular, overflowWrap: "anywhere" },
  form: { display: "flex", flexDirection: "column", gap: "16px", paddingBottom: "8px" },
});

interface Props {
  item: QuarantineItem;
  practice: boolean;
  onClose: () => void;
  onMove: (step: 1 | -1) => void;
  onAction: (id: string) => void;
}

export function QuarantineFlyout({ item, practice, onClose, onMove, onAction }: Props) {
  const s = useStyles();
  const pin = useMutation(pinQuarantined);
  const { name } = splitPath(visible(item.path));
  return (
    <Flyout
      label={name} testid="quarantine-flyout" onClose={onClose} onMove={onMove}
      title={<h2 className={s.title}><strong>{name}</strong> of <strong>{visible(item.device)}</strong> is in quarantine.</h2>}
      footer={
        <>
          <Button appearance="primary" onClick={() => onAction(item.action_id)} data-testid="quarantine-action">{words.action}</Button>
          <Button icon={item.pinned ? <PinOffRegular /> : <PinRegular />} disabled={pin.isPending} onClick={() => pin.mutate({ id: item.id, pinned: !item.pinned })} data-testid="pin">{item.pinned ? words.unpin : words.pin}</Button>
          <CopyOut item={item} />
        </>
      }
    >
      {practice && <PracticeBar />}
      {isWarned(item) && item.expires_at !== null && <Failure title="It will soon be gone for good." refusal fault={{ message: `It goes at ${item.expires_at}.`, hint: words.soonText }} testid="quarantine-warned" />}
      <Section title="Item">
        <Facts facts={[
          ["From", <CodeText key="p" text={item.path} />], ["SHA-256", <CodeText key="h" text={item.sha256} />], ["Size", bytes(item.size)], ["Moved", <Moment key="m" at={item.quarantined_at} />],
          ["Kept", item.pinned ? words.pinned : item.expires_at === null ? "Until it is undone" : <span key="k"><Countdown until={item.expires_at} bare />, until <Moment at={item.expires_at} ahead /></span>],
          ["Proven whole", item.verified_at === null ? "Not read back yet" : <Moment key="v" at={item.verified_at} />],
        ]} />
      </Section>
    </Flyout>
  );
}

/** A copy for looking at, in another folder; written with the rights of whoever asks for it. */
function CopyOut({ item }: { item: QuarantineItem }) {
  const s = useStyles();
  const [folder, setFolder] = useState("");
  const [inert, setInert] = useState(true);
  const [open, setOpen] = useState(false);
  const restore = useMutation({ ...restoreQuarantined, onSuccess: ({ file }) => { setOpen(false); notify({ tone: "done", title: "Copied:", text: file }); } });
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button data-testid="copy-out">{words.copy}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.copyTitle}</DialogTitle>
          <DialogContent className={s.form}>
            <Field label={words.folder} required hint={words.stays}><Input value={folder} placeholder="/home/me/looked-at" onChange={(_, data) => setFolder(data.value)} data-testid="copy-folder" /></Field>
            <RadioGroup value={inert ? "inert" : "as_is"} onChange={(_, data) => setInert(data.value === "inert")}>
              <Radio value="inert" label={`${words.inert}. ${words.inertText}`} data-testid="copy-inert" />
              <Radio value="as_is" label={`${words.asIs}. ${words.asIsText}`} data-testid="copy-as-is" />
            </RadioGroup>
            {restore.error !== null && <Failure title="Not copied." refusal fault={toFault(restore.error)} />}
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={folder.trim() === "" || restore.isPending} onClick={() => restore.mutate({ id: item.id, folder: folder.trim(), inert })} data-testid="copy-confirm">{words.copy}</Button>
            <DialogTrigger disableButtonEnhancement><Button>{words.leave}</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
