/** Device groups by rank, each with its level and what that level means; the default group is last. */
import { Button, Card, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Select, Textarea, makeStyles, tokens } from "@fluentui/react-components";
import { ArrowDownRegular, ArrowUpRegular } from "@fluentui/react-icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { AutomationLevel, Group } from "../../api/bindings";
import { toFault } from "../../api/client";
import { changeGroup, moveGroup, removeGroup } from "../../api/mutations";
import { groups as groupsQuery } from "../../api/queries";
import { Bar, Body, Section } from "../../components/Page";
import { DeviceName } from "../../components/Practice";
import { Failure, SkeletonRows } from "../../components/states";
import { plural, visible } from "../../components/text";
import { levelLooks, levelOrder, recommendedLevel } from "../../domain/level";
import { ruleOperatorLabels, rulePropertyLabels } from "../../domain/settings";
import { AddGroup } from "./AddGroup";
import { words } from "./words";

const useStyles = makeStyles({
  scroll: { overflowY: "auto", flexGrow: 1, minHeight: 0 },
  list: { display: "flex", flexDirection: "column", gap: "12px", maxWidth: "980px" },
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "8px 12px" },
  rank: { minWidth: "28px", color: tokens.colorNeutralForeground3, fontVariantNumeric: "tabular-nums" },
  name: { fontWeight: tokens.fontWeightSemibold, fontSize: tokens.fontSizeBase400, flexGrow: 1 },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
  devices: { display: "flex", flexWrap: "wrap", gap: "4px 16px" },
  levels: { display: "grid", gridTemplateColumns: "minmax(220px, max-content) minmax(0, 1fr)", gap: "6px 24px", maxWidth: "980px" },
  form: { display: "flex", flexDirection: "column", gap: "12px" },
});

export function GroupList() {
  const s = useStyles();
  const { data, error, refetch } = useQuery(groupsQuery);
  return (
    <>
      <Bar><AddGroup /></Bar>
      {error !== null && <Failure title="The groups could not be read." fault={toFault(error)} retry={() => void refetch()} />}
      <div className={s.scroll}>
        <Body>
          {data === undefined ? error === null && <SkeletonRows /> : (
            <>
              <div className={s.list}>{data.groups.map((g, i) => <GroupCard key={g.id} group={g} first={i === 0} last={data.groups[i + 1]?.rank === null || i === data.groups.length - 1} />)}</div>
              <p className={s.quiet}>{words.past}</p>
              <Levels />
            </>
          )}
        </Body>
      </div>
    </>
  );
}

function GroupCard({ group: g, first, last }: { group: Group; first: boolean; last: boolean }) {
  const s = useStyles();
  const shift = useMutation(moveGroup);
  const look = levelLooks[g.level];
  const fixed = g.rank === null;
  return (
    <Card data-testid={`group-${g.id}`}>
      <div className={s.head}>
        <span className={s.rank} title="Rank: the first group whose rules fit a device wins">{fixed ? "last" : g.rank}</span>
        <span className={s.name}>{visible(g.name)}</span>
        {!fixed && (
          <>
            <Button size="small" appearance="subtle" icon={<ArrowUpRegular />} title="Rank up" aria-label={`Rank ${g.name} up`} disabled={first || shift.isPending} onClick={() => shift.mutate({ id: g.id, up: true })} data-testid={`group-up-${g.id}`} />
            <Button size="small" appearance="subtle" icon={<ArrowDownRegular />} title="Rank down" aria-label={`Rank ${g.name} down`} disabled={last || shift.isPending} onClick={() => shift.mutate({ id: g.id, up: false })} data-testid={`group-down-${g.id}`} />
          </>
        )}
        <ChangeLevel group={g} />
        {!fixed && <RemoveGroup group={g} />}
      </div>
      {g.description !== "" && <p className={s.quiet}>{visible(g.description)}</p>}
      <div><strong data-testid={`group-level-${g.id}`}>{look.label}.</strong> {look.explanation}</div>
      <p className={s.quiet}>{fixed ? words.lastGroup : g.rules.map((r) => `${rulePropertyLabels[r.property]} ${ruleOperatorLabels[r.operator]} “${visible(r.value)}”`).join(", and ")}</p>
      <div className={s.devices}>
        <span className={s.quiet}>{plural(g.devices.length, "device")}:</span>
        {g.devices.map((d) => <span key={d.id}><DeviceName name={visible(d.name)} practice={d.practice} /></span>)}
      </div>
    </Card>
  );
}

function ChangeLevel({ group: g }: { group: Group }) {
  const s = useStyles();
  const [open, setOpen] = useState(false);
  const [level, setLevel] = useState<AutomationLevel>(g.level);
  const [reason, setReason] = useState("");
  const change = useMutation({ ...changeGroup, onSuccess: () => setOpen(false) });
  const needsReason = level === "full" || level === "none";
  const ready = level !== g.level && (!needsReason || reason.trim() !== "") && !change.isPending;
  return (
    <Dialog open={open} onOpenChange={(_, data) => { setOpen(data.open); setLevel(g.level); setReason(""); }}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid={`group-change-${g.id}`}>{words.change}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.change}: {visible(g.name)}</DialogTitle>
          <DialogContent className={s.form}>
            <Field label="Automation level">
              <Select value={level} onChange={(_, data) => setLevel(levelOrder.find((l) => l === data.value) ?? level)} data-testid="group-level">
                {levelOrder.map((l) => <option key={l} value={l}>{levelLooks[l].label}</option>)}
              </Select>
            </Field>
            <span>{levelLooks[level].explanation}</span>
            <Field label={words.reason} required={needsReason} hint={needsReason ? words.needsReason : undefined}>
              <Textarea value={reason} onChange={(_, data) => setReason(data.value)} data-testid="group-reason" />
            </Field>
            <span>{words.past}</span>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={!ready} onClick={() => change.mutate({ group: g.id, level, rules: null, description: null, reason: reason.trim() === "" ? null : reason.trim() })} data-testid="group-change-confirm">{words.change}</Button>
            <DialogTrigger disableButtonEnhancement><Button>Leave it</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function RemoveGroup({ group: g }: { group: Group }) {
  const remove = useMutation(removeGroup);
  return (
    <Dialog modalType="alert">
      <DialogTrigger disableButtonEnhancement><Button size="small" appearance="subtle" data-testid={`group-remove-${g.id}`}>{words.removeGroup}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.removeGroup}: {visible(g.name)}</DialogTitle>
          <DialogContent>{words.removeText}</DialogContent>
          <DialogActions>
            <DialogTrigger disableButtonEnhancement><Button appearance="primary" onClick={() => remove.mutate({ id: g.id })} data-testid="group-remove-confirm">{words.removeGroup}</Button></DialogTrigger>
            <DialogTrigger disableButtonEnhancement><Button>Keep it</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function Levels() {
  const s = useStyles();
  return (
    <Section title="The automation levels" testid="levels">
      <div className={s.levels}>
        {levelOrder.map((level) => [
          <strong key={`${level}n`}>{levelLooks[level].label}{level === recommendedLevel && " (recommended)"}</strong>,
          <span key={`${level}e`}>{levelLooks[level].explanation}</span>,
        ])}
      </div>
    </Section>
  );
}
