/** Health: what works, what does not, and what this machine cannot do and why. */
import { Button, makeStyles, tokens } from "@fluentui/react-components";
import { CheckmarkCircleRegular, WarningRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { toFault } from "../../api/client";
import { doctor } from "../../api/queries";
import { Failure, SkeletonRows } from "../../components/states";

const useStyles = makeStyles({
  row: { display: "grid", gridTemplateColumns: "24px 220px minmax(0, 1fr)", gap: "12px", padding: "8px 0", borderBottom: `1px solid ${tokens.colorNeutralStroke3}` },
  good: { color: tokens.colorStatusSuccessForeground1 },
  bad: { color: tokens.colorStatusWarningForeground3 },
  hint: { color: tokens.colorNeutralForeground2 },
});

export function Health() {
  const s = useStyles();
  const { data, error, refetch, isFetching } = useQuery(doctor);
  return (
    <>
      <div><Button disabled={isFetching} onClick={() => void refetch()} data-testid="run-doctor">Check again</Button></div>
      {error !== null && <Failure title="The health could not be checked." fault={toFault(error)} retry={() => void refetch()} />}
      {data === undefined ? error === null && <SkeletonRows /> : (
        <div data-testid="doctor">
          {data.checks.map((c) => (
            <div key={c.name} className={s.row}>
              <span className={c.ok ? s.good : s.bad} title={c.ok ? "Works" : "Does not work"}>{c.ok ? <CheckmarkCircleRegular /> : <WarningRegular />}</span>
              <strong>{c.name}</strong>
              <span>{c.detail}{c.hint !== null && <div className={s.hint}>{c.hint}</div>}</span>
            </div>
          ))}
        </div>
      )}
    </>
  );
}
