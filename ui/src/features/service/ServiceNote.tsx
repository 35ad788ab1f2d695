/** One line about the device service, where it could be installed or does not run. */
import { Link, MessageBar, MessageBarActions, MessageBarBody, MessageBarTitle, Button, makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { serviceStatus } from "../../api/queries";
import { standingOf } from "./standing";
import { words } from "./words";

const useStyles = makeStyles({ line: { margin: 0, color: tokens.colorNeutralForeground2 }, bar: { flexShrink: 0 } });

export function ServiceNote({ onOpen }: { onOpen: () => void }) {
  const s = useStyles();
  const { data } = useQuery(serviceStatus);
  switch (data === undefined ? undefined : standingOf(data)) {
    case "absent":
      return <p className={s.line} data-testid="service-note">{words.notes.offer} <Link as="button" inline onClick={onOpen} data-testid="service-open">{words.install}</Link></p>;
    case "silent":
      return (
        <MessageBar intent="warning" layout="multiline" className={s.bar} data-testid="service-note">
          <MessageBarBody><MessageBarTitle>{words.notes.silent}</MessageBarTitle> {words.silentHow}</MessageBarBody>
          <MessageBarActions><Button size="small" onClick={onOpen} data-testid="service-open">{words.notes.settings}</Button></MessageBarActions>
        </MessageBar>
      );
    case undefined: case "unpackaged": case "elsewhere": case "works": return null;
  }
}
