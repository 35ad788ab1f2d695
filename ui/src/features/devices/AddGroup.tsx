/** A new group: its name, its level, and the rules that say which devices it takes. */
import { Button, Dialog, DialogActions, DialogBody, DialogContent, DialogSurface, DialogTitle, DialogTrigger, Field, Input, Select, makeStyles } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { AutomationLevel, MatchingRule } from "../../api/bindings";
import { addGroup } from "../../api/mutations";
import { levelLooks, levelOrder } from "../../domain/level";
import { ruleOperatorLabels, rulePropertyLabels } from "../../domain/settings";
import { keysOf, oneOf } from "../../url";
import { words } from "./words";

const useStyles = makeStyles({
  form: { display: "flex", flexDirection: "column", gap: "12px" },
  rule: { display: "grid", gridTemplateColumns: "1fr 1fr 1fr 32px", gap: "8px" },
});
const usual: MatchingRule = { property: "name", operator: "starts_with", value: "" };

export function AddGroup() {
  const s = useStyles();
  const [open, setOpen] = useState(false);
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [level, setLevel] = useState<AutomationLevel>("semi_all");
  const [rules, setRules] = useState<readonly MatchingRule[]>([usual]);
  const add = useMutation({ ...addGroup, onSuccess: () => setOpen(false) });
  const put = (at: number, next: Partial<MatchingRule>): void => setRules(rules.map((rule, i) => (i === at ? { ...rule, ...next } : rule)));
  const filled = rules.filter((rule) => rule.value.trim() !== "");
  return (
    <Dialog open={open} onOpenChange={(_, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement><Button size="small" data-testid="add-group">{words.addGroup}</Button></DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{words.addGroup}</DialogTitle>
          <DialogContent className={s.form}>
            <Field label="Name" required><Input value={name} onChange={(_, data) => setName(data.value)} data-testid="group-name" /></Field>
            <Field label="Description"><Input value={description} onChange={(_, data) => setDescription(data.value)} data-testid="group-description" /></Field>
            <Field label="Automation level" hint={levelLooks[level].explanation}>
              <Select value={level} onChange={(_, data) => setLevel(oneOf(levelOrder, data.value) ?? level)} data-testid="group-new-level">
                {levelOrder.map((l) => <option key={l} value={l}>{levelLooks[l].label}</option>)}
              </Select>
            </Field>
            <Field label="Devices that fit all of these">
              {rules.map((rule, i) => (
                <div key={i} className={s.rule}>
                  <Select aria-label="What" value={rule.property} onChange={(_, data) => put(i, { property: oneOf(keysOf(rulePropertyLabels), data.value) ?? rule.property })}>
                    {keysOf(rulePropertyLabels).map((id) => <option key={id} value={id}>{rulePropertyLabels[id]}</option>)}
                  </Select>
                  <Select aria-label="How" value={rule.operator} onChange={(_, data) => put(i, { operator: oneOf(keysOf(ruleOperatorLabels), data.value) ?? rule.operator })}>
                    {keysOf(ruleOperatorLabels).map((id) => <option key={id} value={id}>{ruleOperatorLabels[id]}</option>)}
                  </Select>
                  <Input aria-label="Value" value={rule.value} onChange={(_, data) => put(i, { value: data.value })} data-testid={`group-rule-${i}`} />
                  <Button appearance="subtle" icon={<DismissRegular />} aria-label="Remove this rule" disabled={rules.length === 1} onClick={() => setRules(rules.filter((_, at) => at !== i))} />
                </div>
              ))}
            </Field>
            <div><Button size="small" onClick={() => setRules([...rules, usual])}>Add a rule</Button></div>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" disabled={name.trim() === "" || filled.length === 0 || add.isPending} onClick={() => add.mutate({ name: name.trim(), description: description.trim(), level, rules: filled })} data-testid="group-add">{words.addGroup}</Button>
            <DialogTrigger disableButtonEnhancement><Button>Leave it</Button></DialogTrigger>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
