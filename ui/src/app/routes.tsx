/** Which address shows which screen, and how screens that do not know each other lead to one another. */
import type { QueryClient } from "@tanstack/react-query";
import { Navigate, createRootRouteWithContext, createRoute, createRouter, redirect, useNavigate } from "@tanstack/react-router";
import type { RouterHistory } from "@tanstack/react-router";
import type { Action, Evidence } from "../api/bindings";
import { action as actionQuery, evidence as evidenceQuery } from "../api/queries";
import { actionTypeLooks } from "../domain/action";
import { ActionFlyout } from "../features/actions/ActionFlyout";
import type { Leads } from "../features/actions/ActionFlyout";
import { ActionsPage } from "../features/actions/ActionsPage";
import { HistoryList } from "../features/actions/HistoryList";
import { PendingList } from "../features/actions/PendingList";
import { RollbackButton } from "../features/actions/RollbackButton";
import { readSearch, readTab } from "../features/actions/search";
import { VerdictList } from "../features/actions/VerdictList";
import { AlertList } from "../features/alerts/AlertList";
import { AlertPage } from "../features/alerts/AlertPage";
import { ImportPage } from "../features/alerts/ImportPage";
import { readAlerts } from "../features/alerts/search";
import { DevicesPage, readDevices } from "../features/devices/DevicesPage";
import { FirstRun } from "../features/first-run/FirstRun";
import { HomePage } from "../features/home/HomePage";
import { HuntPage, readHunt } from "../features/hunt/HuntPage";
import { IncidentPage } from "../features/incidents/IncidentPage";
import { IncidentQueue } from "../features/incidents/IncidentQueue";
import { readPage as readIncident, readQueue } from "../features/incidents/search";
import { InvestigationList } from "../features/investigations/InvestigationList";
import { InvestigationPage } from "../features/investigations/InvestigationPage";
import { readList as readInvestigations, readPage as readInvestigation } from "../features/investigations/search";
import { DeviceActions } from "../features/response/DeviceActions";
import { InForce } from "../features/response/InForce";
import { MoreActions } from "../features/response/MoreActions";
import { QuarantineList } from "../features/quarantine/QuarantineList";
import { PracticeCard } from "../features/practice/PracticeCard";
import { ServiceCard } from "../features/service/ServiceCard";
import { ServiceNote } from "../features/service/ServiceNote";
import { SettingsPage, readSettings } from "../features/settings/SettingsPage";
import { visible } from "../components/text";
import { Shell } from "./Shell";

const root = createRootRouteWithContext<{ client: QueryClient }>()({ component: Shell, notFoundComponent: Lost });

/** An address that leads nowhere leads home. */
function Lost() {
  return <Navigate to="/" replace />;
}

/** The ways from anything that shows an action. */
function useLeads(): Leads & { onEvidenceHunt: (evidence: Evidence) => void; onService: () => void } {
  const go = useNavigate();
  return {
    onIncident: (id) => void go({ to: "/incidents/$id", params: { id } }),
    onInvestigation: (id) => void go({ to: "/investigations/$id", params: { id } }),
    onDevice: (id) => void go({ to: "/devices", search: { open: id } }),
    onAction: (id) => void go({ to: "/action/$id", params: { id } }),
    onHunt: (a: Action) =>
      void go({
        to: "/hunt",
        search: {
          what: actionTypeLooks[a.type].hunt, target: visible(a.target_title), device: a.device.name, around: a.created_at,
          ...(a.target.target === "file" && { hash: a.target.sha256 }), ...(a.target.target === "process" && a.target.image_sha256 !== null && { hash: a.target.image_sha256 }),
        },
      }),
    onService: () => void go({ to: "/settings", search: { section: "service" } }),
    onEvidenceHunt: (e) => void go({ to: "/hunt", search: { what: "the same thing on every device, and what it belongs together with, one hour before and after", target: visible(e.place), device: e.device.name, around: e.first_seen } }),
  };
}

const homeRoute = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: function Home() {
    const go = useNavigate();
    return (
      <HomePage
        firstRun={<FirstRun />}
        practice={(now) => <PracticeCard practice={now.practice} busy={now.checking !== null} />}
        onPending={() => void go({ to: "/actions/$tab", params: { tab: "pending" } })}
        onAction={(id) => void go({ to: "/actions/$tab", params: { tab: "pending" }, search: { open: id } })}
        onIncidents={() => void go({ to: "/incidents" })}
        onHistory={(failedOnly) => void go({ to: "/actions/$tab", params: { tab: "history" }, search: failedOnly ? { status: ["failed", "timed_out", "undo_failed"] } : {} })}
        inForce={<InForce onAction={(id) => void go({ to: "/action/$id", params: { id } })} />}
        service={<ServiceNote onOpen={() => void go({ to: "/settings", search: { section: "service" } })} />}
      />
    );
  },
});

const actionsRoute = createRoute({
  getParentRoute: () => root,
  path: "/actions/$tab",
  validateSearch: readSearch,
  component: function Actions() {
    const go = useNavigate();
    const tab = readTab(actionsRoute.useParams().tab);
    const search = actionsRoute.useSearch();
    const leads = useLeads();
    const put = (next: typeof search): void => void go({ to: "/actions/$tab", params: { tab }, search: next, replace: true });
    const inPlace = { ...leads, onAction: (id: string) => put({ ...search, open: id }) };
    return (
      <ActionsPage tab={tab} onTab={(next) => void go({ to: "/actions/$tab", params: { tab: next } })}>
        {tab === "pending" && <PendingList key={tab} search={search} onSearch={put} {...inPlace} />}
        {tab === "history" && <HistoryList key={tab} search={search} onSearch={put} {...inPlace} />}
        {tab === "quarantine" && <QuarantineList search={search} onSearch={put} onAction={leads.onAction} />}
        {tab === "verdicts" && <VerdictList key={tab} search={search} onSearch={put} onEvidence={(id) => void go({ to: "/evidence/$id", params: { id } })} />}
      </ActionsPage>
    );
  },
});

/** An action by its id alone: shown where it belongs now. */
const actionRoute = createRoute({
  getParentRoute: () => root,
  path: "/action/$id",
  beforeLoad: async ({ context, params }) => {
    const detail = await context.client.fetchQuery({ ...actionQuery(params.id), staleTime: 0 }).catch(() => undefined);
    const tab = detail?.action.status === "pending_approval" ? "pending" : "history";
    throw redirect({ to: "/actions/$tab", params: { tab }, search: { open: params.id }, replace: true });
  },
});

/** A piece of evidence by its id alone: shown in its incident, else in its investigation. */
const evidenceRoute = createRoute({
  getParentRoute: () => root,
  path: "/evidence/$id",
  beforeLoad: async ({ context, params }) => {
    const detail = await context.client.fetchQuery({ ...evidenceQuery(params.id), staleTime: 0 }).catch(() => undefined);
    if (detail === undefined) throw redirect({ to: "/incidents", replace: true });
    const { incident_id, investigation_id } = detail.evidence;
    if (incident_id === null) throw redirect({ to: "/investigations/$id", params: { id: investigation_id }, search: { tab: "evidence" }, replace: true });
    throw redirect({ to: "/incidents/$id", params: { id: incident_id }, search: { tab: "evidence", open: params.id }, replace: true });
  },
});

const incidentsRoute = createRoute({
  getParentRoute: () => root,
  path: "/incidents",
  validateSearch: readQueue,
  component: function Incidents() {
    const go = useNavigate();
    return <IncidentQueue search={incidentsRoute.useSearch()} onSearch={(search) => void go({ to: "/incidents", search, replace: true })} onOpen={(id) => void go({ to: "/incidents/$id", params: { id } })} />;
  },
});

const incidentRoute = createRoute({
  getParentRoute: () => root,
  path: "/incidents/$id",
  validateSearch: readIncident,
  component: function OneIncident() {
    const go = useNavigate();
    const { id } = incidentRoute.useParams();
    const leads = useLeads();
    return (
      <IncidentPage
        key={id} id={id} search={incidentRoute.useSearch()} onSearch={(search) => void go({ to: "/incidents/$id", params: { id }, search, replace: true })}
        onQueue={() => void go({ to: "/incidents" })} onAction={leads.onAction} onInvestigation={leads.onInvestigation} onHunt={leads.onEvidenceHunt} more={(evidence) => <MoreActions key={evidence.id} evidence={evidence} onStarted={() => undefined} onService={leads.onService} />}
        rollback={(incident) => <RollbackButton by={{ all: "incident", id: incident.id }} title={`Undo everything of incident #${incident.number}`} possible={incident.actions.some((a) => a.undo.possible)} />}
      />
    );
  },
});

const alertsRoute = createRoute({
  getParentRoute: () => root,
  path: "/alerts",
  validateSearch: readAlerts,
  component: function Alerts() {
    const go = useNavigate();
    return (
      <AlertList
        search={alertsRoute.useSearch()} onSearch={(search) => void go({ to: "/alerts", search, replace: true })}
        onOpen={(id) => void go({ to: "/alerts/$id", params: { id } })} onImport={() => void go({ to: "/alerts/import" })}
      />
    );
  },
});

const importRoute = createRoute({
  getParentRoute: () => root,
  path: "/alerts/import",
  component: function Import() {
    const go = useNavigate();
    const leads = useLeads();
    return <ImportPage onAlerts={() => void go({ to: "/alerts" })} onInvestigation={leads.onInvestigation} />;
  },
});

const alertRoute = createRoute({
  getParentRoute: () => root,
  path: "/alerts/$id",
  component: function OneAlert() {
    const go = useNavigate();
    const { id } = alertRoute.useParams();
    const leads = useLeads();
    return <AlertPage key={id} id={id} onList={() => void go({ to: "/alerts" })} onIncident={leads.onIncident} onInvestigation={leads.onInvestigation} />;
  },
});

const investigationsRoute = createRoute({
  getParentRoute: () => root,
  path: "/investigations",
  validateSearch: readInvestigations,
  component: function Investigations() {
    const go = useNavigate();
    return <InvestigationList search={investigationsRoute.useSearch()} onSearch={(search) => void go({ to: "/investigations", search, replace: true })} onOpen={(id) => void go({ to: "/investigations/$id", params: { id } })} />;
  },
});

const investigationRoute = createRoute({
  getParentRoute: () => root,
  path: "/investigations/$id",
  validateSearch: readInvestigation,
  component: function OneInvestigation() {
    const go = useNavigate();
    const { id } = investigationRoute.useParams();
    const search = investigationRoute.useSearch();
    const leads = useLeads();
    const put = (next: typeof search): void => void go({ to: "/investigations/$id", params: { id }, search: next, replace: true });
    return (
      <InvestigationPage
        key={id} id={id} search={search} onSearch={put} onList={() => void go({ to: "/investigations" })} onIncident={leads.onIncident}
        onEvidence={(incident, evidence) => void go({ to: "/incidents/$id", params: { id: incident }, search: { tab: "evidence", open: evidence } })}
        rollback={(investigation) => <RollbackButton by={{ all: "investigation", id: investigation.id }} title="Undo everything of this investigation" possible={investigation.actions.some((a) => a.undo.possible)} />}
        flyout={(action, close, move) => <ActionFlyout id={action} onClose={close} onMove={move} {...leads} onAction={(next) => put({ ...search, open: next })} />}
      />
    );
  },
});

const devicesRoute = createRoute({
  getParentRoute: () => root,
  path: "/devices",
  validateSearch: readDevices,
  component: function Devices() {
    const go = useNavigate();
    const leads = useLeads();
    return (
      <DevicesPage
        search={devicesRoute.useSearch()} onSearch={(search) => void go({ to: "/devices", search, replace: true })}
        onPending={(device) => void go({ to: "/actions/$tab", params: { tab: "pending" }, search: { device } })}
        inForce={<InForce apart onAction={leads.onAction} />} actions={(device) => <DeviceActions key={device.id} device={device} onAction={leads.onAction} onService={leads.onService} />}
      />
    );
  },
});

const huntRoute = createRoute({
  getParentRoute: () => root,
  path: "/hunt",
  validateSearch: readHunt,
  component: function Hunt() {
    const go = useNavigate();
    return <HuntPage search={huntRoute.useSearch()} onVerdicts={(text) => void go({ to: "/actions/$tab", params: { tab: "verdicts" }, search: text === undefined ? {} : { text } })} />;
  },
});

const settingsRoute = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: readSettings,
  component: function Settings() {
    const go = useNavigate();
    return <SettingsPage search={settingsRoute.useSearch()} onSearch={(search) => void go({ to: "/settings", search, replace: true })} service={<ServiceCard />} />;
  },
});

const tree = root.addChildren([
  homeRoute, actionsRoute, actionRoute, evidenceRoute, incidentsRoute, incidentRoute, alertsRoute, importRoute, alertRoute, investigationsRoute, investigationRoute, devicesRoute, huntRoute, settingsRoute,
]);

export const makeRouter = (client: QueryClient, history: RouterHistory) => createRouter({ routeTree: tree, history, context: { client }, defaultPreload: false });
export type AppRouter = ReturnType<typeof makeRouter>;

declare module "@tanstack/react-router" {
  interface Register { router: AppRouter }
}
