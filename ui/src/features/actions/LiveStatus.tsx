/** The status of an action, and what it does right now while it runs: asked again every second, because nothing is recorded meanwhile. */
import { makeStyles, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { Action } from "../../api/bindings";
import { action as actionQuery } from "../../api/queries";
import { Pill } from "../../components/Pill";
import { visible } from "../../components/text";
import { actionStatusLooks } from "../../domain/action";

const useStyles = makeStyles({
  cell: { display: "flex", alignItems: "center", gap: "6px", minWidth: 0 },
  progress: { minWidth: 0, overflow: "clip", textOverflow: "ellipsis", whiteSpace: "nowrap", fontSize: tokens.fontSizeBase100, color: tokens.colorNeutralForeground2 },
});

export function LiveStatus({ action }: { action: Action }) {
  const s = useStyles();
  const runs = action.status === "running";
  const { data } = useQuery({ ...actionQuery(action.id), enabled: runs });
  const progress = runs ? (data?.action ?? action).progress : null;
  const pill = <Pill look={actionStatusLooks[action.status]} shape="dot" testid={`status-${action.id}`} />;
  if (progress === null) return pill;
  return <span className={s.cell} title={visible(progress)}>{pill}<span className={s.progress} data-testid={`progress-${action.id}`}>{visible(progress)}</span></span>;
}
