/** Everything that a person may do about a piece of evidence, in one menu; what is not possible here says why. */
import { Menu, MenuButton, MenuDivider, MenuGroup, MenuGroupHeader, MenuItem, MenuList, MenuPopover, MenuTrigger, makeStyles, tokens } from "@fluentui/react-components";
import { ShieldCheckmarkRegular, ShieldProhibitedRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Action, ActionType, Evidence, IndicatorKind } from "../../api/bindings";
import { devices as devicesQuery } from "../../api/queries";
import { visible } from "../../components/text";
import { actionTypeLooks } from "../../domain/action";
import { IndicatorDialog } from "./IndicatorDialog";
import { RunDialog } from "./RunDialog";
import { fitting, onDevices, unable } from "./verbs";
import { words } from "./words";

const useStyles = makeStyles({ wide: { maxWidth: "420px", minWidth: "340px" }, item: { maxWidth: "none" }, quiet: { color: tokens.colorNeutralForeground3 } });

export function MoreActions({ evidence: e, onStarted, onService }: { evidence: Evidence; onStarted: (action: Action) => void; onService: () => void }) {
  const s = useStyles();
  const device = useQuery(devicesQuery).data?.devices.find((d) => d.id === e.device.id);
  const [kind, setKind] = useState<ActionType>();
  const [told, setTold] = useState<"allow" | "block">();
  const mark = markOf(e);
  const item = (verb: ActionType) => {
    const Icon = actionTypeLooks[verb].icon;
    const why = unable(verb, device?.capabilities);
    return (
      <MenuItem key={verb} className={s.item} icon={<Icon />} title={why ?? actionTypeLooks[verb].explanation} onClick={() => setKind(verb)} data-testid={`run-${verb}`} data-possible={why === undefined}>
        {actionTypeLooks[verb].label}{why !== undefined && <span className={s.quiet}> ({words.notHere})</span>}
      </MenuItem>
    );
  };
  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement><MenuButton data-testid="more-actions">{words.more}</MenuButton></MenuTrigger>
        <MenuPopover className={s.wide}>
          <MenuList className={s.wide}>
            {fitting(e.type).length > 0 && (
              <MenuGroup>
                <MenuGroupHeader>{visible(e.title)}</MenuGroupHeader>
                {fitting(e.type).map(item)}
              </MenuGroup>
            )}
            {mark !== undefined && (
              <>
                <MenuItem icon={<ShieldProhibitedRegular />} onClick={() => setTold("block")} data-testid="indicator-block">{words.indicatorBlock}</MenuItem>
                <MenuItem icon={<ShieldCheckmarkRegular />} onClick={() => setTold("allow")} data-testid="indicator-allow">{words.indicatorAllow}</MenuItem>
              </>
            )}
            <MenuDivider />
            <MenuGroup>
              <MenuGroupHeader>{visible(e.device.name)}</MenuGroupHeader>
              {onDevices.map(item)}
            </MenuGroup>
          </MenuList>
        </MenuPopover>
      </Menu>
      {kind !== undefined && (
        <RunDialog
          wanted={{ kind, device: { id: e.device.id, name: e.device.name, practice: e.device.practice, capabilities: device?.capabilities }, ...(device?.kind === "this_computer" && { onService }), ...(fitting(e.type).includes(kind) && { thing: { evidence: e.id, name: e.title } }) }}
          onClose={() => setKind(undefined)} onStarted={onStarted}
        />
      )}
      {told !== undefined && mark !== undefined && <IndicatorDialog action={told} {...mark} title={e.title} group={e.device.group} onClose={() => setTold(undefined)} />}
    </>
  );
}

/** By what it could be allowed or blocked everywhere. */
function markOf(e: Evidence): { kind: IndicatorKind; value: string } | undefined {
  switch (e.type) {
    case "file": return e.file.sha256 === null ? undefined : { kind: "sha256", value: e.file.sha256 };
    case "process": return e.process.image_sha256 === null ? undefined : { kind: "sha256", value: e.process.image_sha256 };
    case "ip": return { kind: "ip", value: e.ip.address };
    case "url": return { kind: "url", value: e.url.url };
    case "domain": return { kind: "domain", value: e.domain.domain };
    case "service": case "scheduled_task": case "driver": case "registry": case "startup_item": case "user": case "device": return undefined;
  }
}
