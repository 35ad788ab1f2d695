/** The facts of the thing, where it lies, and the ways to what it belongs to. Folded. */
import { Link, makeStyles } from "@fluentui/react-components";
import type { ActionDetail } from "../../api/bindings";
import { FactList } from "../../components/FactList";
import { Facts } from "../../components/Page";
import { CodeText } from "../../components/PathText";
import { DeviceName } from "../../components/Practice";
import { Fold } from "../../components/Reasons";
import { visible } from "../../components/text";
import { sourceLooks } from "../../domain/action";
import { entityFacts } from "../../domain/facts";
import { levelLooks } from "../../domain/level";
import { locationLabels } from "../../domain/verdict";
import type { Leads } from "./ActionFlyout";
import { words } from "./words";

const useStyles = makeStyles({ stack: { display: "flex", flexDirection: "column", gap: "16px" } });

export function DetailsPart({ detail, onIncident, onInvestigation, onDevice }: { detail: ActionDetail } & Leads) {
  const s = useStyles();
  const { action, evidence, incident_number } = detail;
  const { incident_id, investigation_id } = action;
  return (
    <Fold label={words.details} testid="show-details">
      <div className={s.stack}>
        {evidence === null ? <Facts facts={[["Target", <CodeText key="t" text={action.target_title} />]]} /> : <FactList facts={entityFacts(evidence)} />}
        <Facts
          facts={[
            ["Device", <Link key="d" as="button" onClick={() => onDevice(action.device.id)} data-testid="link-device"><DeviceName name={action.device.name} practice={action.device.practice} /></Link>],
            ["Group", `${action.device.group}, ${levelLooks[action.level].short} at the time of the verdict`],
            ["Location", locationLabels[action.location_class]],
            action.classified_by !== null && ["Classified by", <CodeText key="c" text={action.classified_by} />],
            ["Source", sourceLooks[action.source].label],
            incident_id !== null && ["Incident", <Link key="i" as="button" onClick={() => onIncident(incident_id)} data-testid="link-incident">{incident_number === null ? "Open the incident" : `Incident #${incident_number}`}</Link>],
            investigation_id !== null && ["Investigation", <Link key="v" as="button" onClick={() => onInvestigation(investigation_id)} data-testid="link-investigation">Open the investigation</Link>],
            action.approval_id !== null && ["Approval ID", <CodeText key="a" text={action.approval_id} />],
            ["Action ID", <CodeText key="n" text={action.id} />],
            action.comment !== null && ["Comment", visible(action.comment)],
          ]}
        />
      </div>
    </Fold>
  );
}
